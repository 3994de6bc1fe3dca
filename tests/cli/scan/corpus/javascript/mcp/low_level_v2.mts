import { Server } from "@modelcontextprotocol/server";

export const server = new Server({ name: "echo", version: "2.0.0" }, { capabilities: { tools: {} } });

server.setRequestHandler("tools/list", async () => ({
  tools: [{ name: "echo", description: "Says it back", inputSchema: { type: "object" } }], //: "echo" list-handler
}));
