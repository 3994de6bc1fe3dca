import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk";
import { z } from "zod";

const temperature = tool("get_temperature", "Temperature at a place", { lat: z.number(), lon: z.number() }, async (args) => { //: "get_temperature" tool-factory http-read
  const answer = await fetch(`https://meteo.example/?lat=${args.lat}&lon=${args.lon}`);
  return { content: [{ type: "text", text: await answer.text() }] };
});
const weather = createSdkMcpServer({ name: "weather", version: "1.0.0", tools: [temperature] });

for await (const message of query({
  prompt: "How warm is it?",
  options: { mcpServers: { weather }, allowedTools: ["mcp__weather__get_temperature", "Bash"] },
})) {
  console.log(message);
}
