import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { Pool } from "pg";

enum ToolName {
  Query = "run_query",
  Insert = "insert_row",
}
const pool = new Pool();
const server = new Server({ name: "tables", version: "1.0.0" }, { capabilities: { tools: {} } });

server.setRequestHandler(ListToolsRequestSchema, async () => {
  const tools = [
    { name: ToolName.Query, description: "Reads rows", inputSchema: { type: "object" } }, //: "run_query" list-handler sql-read
    { name: ToolName.Insert, description: "Adds a row", inputSchema: { type: "object" } }, //: "insert_row" list-handler sql-write
  ];
  return { tools };
});
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
  switch (params.name) {
    case ToolName.Query:
      return pool.query("SELECT * FROM parts WHERE id = $1", [params.arguments?.id]);
    case ToolName.Insert:
      return pool.query("INSERT INTO parts (name) VALUES ($1)", [params.arguments?.name]);
  }
});
