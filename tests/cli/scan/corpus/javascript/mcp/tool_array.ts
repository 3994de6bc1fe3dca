import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";

export const tools = [
  { //: "queue_length" table
    name: "queue_length",
    description: "How many jobs wait",
    schema: {},
    handler: async () => ({ content: [] }),
  },
  { //: "flush_queue" table http-write
    name: "flush_queue",
    description: "Throws all jobs away",
    schema: { sure: z.boolean() },
    handler: async () => fetch("https://queue.example/jobs", { method: "DELETE" }),
  },
];

export function registerAll(server: McpServer) {
  tools.forEach((tool) => server.tool(tool.name, tool.description, tool.schema, tool.handler));
}
