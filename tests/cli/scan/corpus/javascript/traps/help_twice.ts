import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const server = new Server({ name: "twice", version: "1.0.0" }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: [{ name: "measure", description: "Measures", inputSchema: { type: "object" } }], //: "measure" list-handler
}));
if (process.argv.includes("--help")) {
  const tools = [{ name: "measure", description: "Measures", inputSchema: { type: "object" } }];
  console.log(JSON.stringify({ tools }));
  process.exit(0);
}
