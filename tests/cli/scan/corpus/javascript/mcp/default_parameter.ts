import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

export function addSearch(server: McpServer, name = "search_docs", index = "main") {
  server.registerTool(name, { description: `Searches ${index}` }, async () => ({ content: [] })); //: "search_docs" register-call
}
