import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const client = new Client({ name: "desk", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command: "npx", args: ["-y", "some-server"] }));
const { tools } = await client.listTools();
const found = tools.find((tool) => tool.name === "search");
const answer = await client.callTool({ name: "search", arguments: { q: "x" } });
export const shown = tools.map((tool) => ({ name: tool.name, description: tool.description, input_schema: tool.inputSchema }));
