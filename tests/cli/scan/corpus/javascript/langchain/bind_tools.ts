import { ChatAnthropic } from "@langchain/anthropic";
import { tool } from "@langchain/core/tools";
import { z } from "zod";

const multiply = tool(({ a, b }) => a * b, { //: "multiply" tool-factory
  name: "multiply",
  description: "Product of two numbers",
  schema: z.object({ a: z.number(), b: z.number() }),
});
const model = new ChatAnthropic({ model: "claude-sonnet-4-5" });
export const withTools = model.bindTools([multiply]);
