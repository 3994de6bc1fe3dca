import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";

export const query = zodFunction({ name: "query_sales", parameters: z.object({ year: z.number() }) }); //: "query_sales" tool-factory
export const lookup = betaZodTool({ //: "look_up_word" tool-factory http-read
  name: "look_up_word",
  inputSchema: z.object({ word: z.string() }),
  description: "Meaning of a word",
  run: async ({ word }) => (await fetch(`https://words.example/${word}`)).text(),
});
