import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { readFile } from "node:fs/promises";
import { z } from "zod";

const server = new McpServer({ name: "notes", version: "0.3.0" });

server.tool("ping", async () => ({ content: [{ type: "text", text: "pong" }] })); //: "ping" register-call
server.tool("list-notes", "All notes of the vault", async () => ({ content: [] })); //: "list-notes" register-call
server.tool("read-note", { title: z.string() }, async ({ title }) => { //: "read-note" register-call file-read
  const text = await readFile(`vault/${title}.md`, "utf8");
  return { content: [{ type: "text", text }] };
});
server.tool( //: "rename_note" register-call file-write
  "rename_note",
  "Gives a note another title",
  { from: z.string(), to: z.string() },
  { destructiveHint: true, idempotentHint: false },
  async ({ from, to }) => {
    const fs = await import("node:fs/promises");
    await fs.rename(from, to);
    return { content: [] };
  },
);
