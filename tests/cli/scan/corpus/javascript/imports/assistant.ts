import { generateText } from "ai";
import { openai } from "@ai-sdk/openai";
import { catalogue } from "./toolset.js";

export const reply = (prompt: string) => generateText({ model: openai("gpt-4o"), tools: catalogue, prompt });
