import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

async function request(method: string, path: string, body?: unknown) {
  const answer = await fetch(`https://board.example${path}`, { method, body: JSON.stringify(body) });
  return { content: [{ type: "text" as const, text: await answer.text() }] };
}

export function attach(server: McpServer) {
  server.tool("show_card", "One card", {}, async () => request("GET", "/cards/1")); //: "show_card" register-call http-read
  server.tool("add_card", "A new card", {}, async () => request("POST", "/cards", {})); //: "add_card" register-call http-read http-write
}
