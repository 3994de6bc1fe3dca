import { DynamicStructuredTool, DynamicTool } from "@langchain/core/tools";
import { z } from "zod";

export const tools = [
  new DynamicTool({ //: "echo" tool-factory
    name: "echo",
    description: "Gives back what it gets",
    func: async (input: string) => input,
  }),
  new DynamicStructuredTool({ //: "random-number" tool-factory
    name: "random-number",
    description: "A number between two others",
    schema: z.object({ low: z.number(), high: z.number() }),
    func: async ({ low, high }) => String(low + Math.random() * (high - low)),
  }),
];
