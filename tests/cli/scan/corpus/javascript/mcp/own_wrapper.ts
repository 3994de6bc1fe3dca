import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { execFileSync } from "node:child_process";
import { z } from "zod";

const DRILL = "drill";
const findSaw = () => process.env.SAW ?? "/usr/bin/saw";

export const createServer = () => {
  const server = new McpServer({ name: "workshop", version: "1.0.0" });
  const tool = (name: string, title: string, description: string, schema: object, run: (args: any) => Promise<string>) => {
    server.registerTool(name, { title, description, inputSchema: schema }, async (args: any) => ({
      content: [{ type: "text", text: await run(args) }],
    }));
  };
  tool("saw_board", "Saw", "Saws a board in two", { length: z.number() }, async ({ length }) => //: "saw_board" register-call subprocess
    execFileSync(findSaw(), ["--length", String(length)]).toString());
  tool("drill_hole", "Drill", "Drills a hole", { name: z.string(), id: z.string() }, async ({ id }) => //: "drill_hole" register-call subprocess
    execFileSync(DRILL, [id]).toString());
  return server;
};
