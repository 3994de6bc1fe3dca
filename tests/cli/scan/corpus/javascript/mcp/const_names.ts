import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

const TRANSLATE = "translate_text";
const NAMES = { detect: "detect_language" } as const;

export function register(server: McpServer, toolName?: string) {
  server.tool(TRANSLATE, "Translates", {}, async () => ({ content: [] })); //: "translate_text" register-call
  server.tool(NAMES.detect, "Which language a text is in", {}, async () => ({ content: [] })); //: "detect_language" register-call
  const name = toolName || "summarize_text";
  server.tool(name, "Shortens a text", {}, async () => ({ content: [] })); //: "summarize_text" register-call
}
