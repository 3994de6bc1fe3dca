import { createTool } from "@mastra/core/tools";
import { Agent } from "@mastra/core/agent";
import { openai } from "@ai-sdk/openai";
import { z } from "zod";

export const weatherTool = createTool({ //: "get-weather" tool-factory http-read
  id: "get-weather",
  description: "Weather of a place",
  inputSchema: z.object({ location: z.string() }),
  outputSchema: z.object({ temperature: z.number() }),
  execute: async ({ context }) => getWeather(context.location),
});

const getWeather = async (location: string) => {
  const answer = await fetch(`https://meteo.example/?name=${location}`);
  return (await answer.json()) as { temperature: number };
};

export const weatherAgent = new Agent({
  name: "Weather Agent",
  instructions: `You tell people how the weather is.`,
  model: openai("gpt-4o"),
  tools: { weatherTool },
});
