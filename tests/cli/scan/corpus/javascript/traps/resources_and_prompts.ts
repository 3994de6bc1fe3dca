import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";

const server = new McpServer({ name: "docs", version: "1.0.0" });
server.resource("config", "config://app", async (uri) => ({ contents: [{ uri: uri.href, text: "" }] }));
server.registerResource("user", new ResourceTemplate("users://{id}", { list: undefined }), { title: "User" }, async () => ({ contents: [] }));
server.prompt("review", { code: z.string() }, ({ code }) => ({ messages: [] }));
server.registerPrompt("plan", { title: "Plan", argsSchema: { goal: z.string() } }, () => ({ messages: [] }));
export const prompts = [{ name: "summarise", description: "Short", arguments: [{ name: "length", required: true }] }];
