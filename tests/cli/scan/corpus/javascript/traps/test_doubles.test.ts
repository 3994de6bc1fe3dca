import { describe, expect, it, vi } from "vitest";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";

const mockTool = { name: "mock_tool", description: "", inputSchema: { type: "object" } };

describe("registry", () => {
  it("lists what was added", async () => {
    const server = new McpServer({ name: "t", version: "1" });
    server.tool("test_only", "", {}, async () => ({ content: [] }));
    expect(await list(server)).toEqual([{ name: "test_only", inputSchema: { type: "object" } }]);
  });
});
vi.mock("./tools", () => ({ tools: [{ name: "faked", inputSchema: {} }] }));
