import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

const server = new McpServer({ name: "counters", version: "1.0.0" });
const COUNTERS = [
  { name: "count_users", description: "How many users", run: async () => fetch("https://stats.example/users") }, //: "count_users" table http-read
  { name: "count_orders", description: "How many orders", run: async () => fetch("https://stats.example/orders") }, //: "count_orders" table http-read
];

for (const counter of COUNTERS) {
  server.tool(counter.name, counter.description, {}, counter.run);
}
