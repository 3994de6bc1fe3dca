import { ToolLoopAgent } from "ai";
import { z } from "zod";

export const support = new ToolLoopAgent({
  model: "openai/gpt-5-mini",
  instructions: "Help people.",
  tools: {
    openTicket: { //: "openTicket" definition-map http-write
      description: "Opens a ticket",
      inputSchema: z.object({ title: z.string() }),
      execute: async ({ title }: { title: string }) =>
        fetch("https://tickets.example", { method: "POST", body: JSON.stringify({ title }) }),
    },
  },
});
