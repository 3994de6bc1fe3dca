import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
const server = new McpServer({ name: "half", version: "1" });
server.tool("before", "Stands before the break", {}, async () => ({ content: [] })); //: "before" register-call

function broken( {
  const x = ;

server.tool("after", "Stands behind the break", {}, async () => ({ content: [] })); //: "after" register-call
