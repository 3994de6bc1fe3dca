import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

const publicServer = new McpServer({ name: "public", version: "1.0.0" });
const adminServer = new McpServer({ name: "admin", version: "1.0.0" });

publicServer.tool("search", "Searches what everybody may see", {}, async () => ({ content: [] })); //: "search" register-call
adminServer.tool("search", "Searches everything", {}, async () => ({ content: [] })); //: "search" register-call
adminServer.tool("drop_index", "Drops the index", {}, async () => ({ content: [] })); //: "drop_index" register-call
