import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { TOOL_NAMES } from "./names.js";
import { searchTool } from "./search.js";
import { handleDelete } from "./handlers.js";

const server = new McpServer({ name: "shop", version: "1.0.0" });
server.tool(TOOL_NAMES.LIST, "All products", {}, async () => ({ content: [] })); //: <./names.js:TOOL_NAMES.LIST> register-call
server.tool(searchTool.name, searchTool.description, searchTool.schema, searchTool.handler);
server.tool("delete_product", "Deletes a product", {}, handleDelete); //: "delete_product" register-call
