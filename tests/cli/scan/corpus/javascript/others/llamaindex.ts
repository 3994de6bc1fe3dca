import { FunctionTool, tool } from "llamaindex";
import { agent } from "@llamaindex/workflow";
import { z } from "zod";

const sum = FunctionTool.from(({ a, b }: { a: number; b: number }) => `${a + b}`, { //: "sumNumbers" tool-factory
  name: "sumNumbers",
  description: "Sum of two numbers",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
});
const joke = tool({ //: "tell_joke" tool-factory
  name: "tell_joke",
  description: "Tells a joke",
  parameters: z.object({}),
  execute: () => "Knock knock",
});
export const helper = agent({ tools: [sum, joke], systemPrompt: "Be funny." });
