import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import axios from "axios";

export function createServer(token: string): McpServer {
  const mcp = new McpServer({ name: "issues", version: "1.0.0" }, { capabilities: { tools: {} } });

  mcp.registerTool( //: "find_issues" register-call http-read
    "find_issues",
    {
      title: "Find issues",
      description: "Looks for issues by text",
      inputSchema: { query: z.string().describe("words"), limit: z.number().optional() },
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    async ({ query, limit }) => {
      const { data } = await axios.get("https://issues.example/search", { params: { query, limit } });
      return { content: [{ type: "text", text: JSON.stringify(data) }] };
    },
  );

  mcp.registerTool( //: "close_issue" register-call http-write
    "close_issue",
    { description: "Closes an issue", inputSchema: { id: z.number() } },
    async ({ id }) => {
      await axios.patch(`https://issues.example/${id}`, { state: "closed" });
      return { content: [] };
    },
  );
  return mcp;
}
