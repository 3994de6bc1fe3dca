import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { rm } from "fs/promises";

const removeFile = { //: "remove_file" register-call file-delete
  name: "remove_file",
  description: "Deletes a file",
  inputSchema: { path: z.string() },
  handler: async ({ path }: { path: string }) => {
    await rm(path);
    return { content: [] };
  },
};

export function register(server: McpServer) {
  server.registerTool(removeFile.name, { description: removeFile.description, inputSchema: removeFile.inputSchema }, removeFile.handler);
}
