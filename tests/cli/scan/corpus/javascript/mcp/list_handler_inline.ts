#!/usr/bin/env node
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { execFile } from "child_process";
import { promises as fs } from "fs";

const server = new Server({ name: "workbench", version: "0.1.0" }, { capabilities: { tools: {} } });

server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: [
    { //: "run_linter" list-handler subprocess
      name: "run_linter",
      description: "Runs the linter over a folder",
      inputSchema: { type: "object", properties: { folder: { type: "string" } }, required: ["folder"] },
    },
    { //: "save_report" list-handler file-write
      name: "save_report",
      description: "Writes the report",
      inputSchema: { type: "object", properties: { path: { type: "string" }, text: { type: "string" } } },
    },
  ],
}));

server.setRequestHandler(CallToolRequestSchema, async (request) => {
  const { name, arguments: args } = request.params;
  switch (name) {
    case "run_linter": {
      execFile("eslint", [String(args?.folder)]);
      return { content: [] };
    }
    case "save_report":
      await fs.writeFile(String(args?.path), String(args?.text));
      return { content: [] };
    default:
      throw new Error(`Unknown tool: ${name}`);
  }
});
