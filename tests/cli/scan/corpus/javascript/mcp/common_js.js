const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
const { execSync } = require("child_process");
const { z } = require("zod");

const server = new McpServer({ name: "git", version: "1.2.0" });

server.tool("git_status", "State of the work tree", { repo: z.string() }, async ({ repo }) => { //: "git_status" register-call shell
  const out = execSync("git status --short", { cwd: repo });
  return { content: [{ type: "text", text: String(out) }] };
});

module.exports = { server };
