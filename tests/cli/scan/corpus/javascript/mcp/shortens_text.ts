import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { truncate } from "./text.js";

const server = new McpServer({ name: "issues", version: "1.0.0" });

server.tool("search_issues", "Find issues", { query: z.string() }, async ({ query }) => { //: "search_issues" register-call
  const found = await search(query);
  return { content: [{ type: "text", text: truncate(found) }] };
});
