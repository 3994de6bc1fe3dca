import { definePageTool } from "./definition.js";
import { z } from "zod";

export const closeTab = definePageTool({ //: "close_tab" tool-factory
  name: "close_tab",
  description: "Closes a tab",
  schema: { id: z.number() },
  handler: async (request, response) => response.done(),
});
export const later = definePageTool(() => { //: "reopen_tab" tool-factory
  return { name: "reopen_tab", description: "Opens the last tab again", schema: {}, handler: async () => undefined };
});
