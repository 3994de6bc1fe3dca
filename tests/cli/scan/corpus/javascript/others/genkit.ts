import { genkit, z } from "genkit";

const ai = genkit({});
export const menu = ai.defineTool( //: "today_menu" tool-factory
  { name: "today_menu", description: "What there is to eat", inputSchema: z.object({ day: z.string() }) },
  async ({ day }) => `Soup on ${day}`,
);
