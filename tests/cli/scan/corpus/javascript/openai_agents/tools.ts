import { Agent, codeInterpreterTool, tool, webSearchTool } from "@openai/agents";
import { z } from "zod";

const getWeather = tool({ //: "get_weather" tool-factory http-read
  name: "get_weather",
  description: "Weather of a city",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => (await fetch(`https://weather.example/${city}`)).text(),
});

const billing = new Agent({ name: "Billing", instructions: "Answer about bills." });

const triage = Agent.create({
  name: "Triage",
  model: "gpt-4.1",
  instructions: "Send people to whom can help.",
  tools: [
    getWeather,
    webSearchTool(),
    codeInterpreterTool(),
    billing.asTool({ toolName: "ask_billing", toolDescription: "Asks about bills" }), //: "ask_billing" agent-as-tool
  ],
  handoffs: [billing],
});
export default triage;
