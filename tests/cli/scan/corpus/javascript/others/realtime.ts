import { RealtimeAgent, tool } from "@openai/agents-realtime";
import { z } from "zod";

const hours = tool({ //: "openingHours" tool-factory
  name: "openingHours",
  description: "Tells when the shop is open",
  parameters: z.object({ day: z.string() }),
  execute: async ({ day }) => `On ${day} from nine to five`,
});
export const clerk = new RealtimeAgent({ name: "Clerk", instructions: "Help.", tools: [hours] });
