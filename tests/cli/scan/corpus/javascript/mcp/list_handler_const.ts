import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema, type Tool } from "@modelcontextprotocol/sdk/types.js";

const FORECAST: Tool = { //: "get_forecast" list-handler http-read
  name: "get_forecast",
  description: "Forecast of a place",
  inputSchema: { type: "object", properties: { place: { type: "string" } } },
};

const ALERTS: Tool = { //: "get_alerts" list-handler
  name: "get_alerts",
  description: "Open weather alerts",
  inputSchema: { type: "object", properties: {} },
  annotations: { readOnlyHint: true },
};

const TOOLS = [FORECAST, ALERTS] as const;

async function forecast(place: string) {
  const answer = await fetch(`https://weather.example/${encodeURIComponent(place)}`);
  return answer.json();
}

const server = new Server({ name: "weather", version: "1.0.0" }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: TOOLS }));
server.setRequestHandler(CallToolRequestSchema, async (request) => {
  if (request.params.name === "get_forecast") {
    return { content: [{ type: "text", text: await forecast(String(request.params.arguments?.place)) }] };
  }
  return { content: [] };
});
