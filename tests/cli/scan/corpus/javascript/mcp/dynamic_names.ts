import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

export function addTenantTools(server: McpServer, tenant: string) {
  server.tool(`${tenant}_lookup`, "Looks something up", {}, async () => ({ content: [] })); //: dynamic register-call
}
