import { FunctionTool, LlmAgent } from "@google/adk";
import { z } from "zod";

const capital = new FunctionTool({ //: "get_capital" tool-factory
  name: "get_capital",
  description: "Capital of a country",
  parameters: z.object({ country: z.string() }),
  execute: ({ country }) => ({ capital: country }),
});

export const rootAgent = new LlmAgent({ name: "geo", model: "gemini-2.5-flash", instruction: "Help.", tools: [capital] });
