/**
 * Use it like this:
 *   server.tool("example_tool", {}, async () => ({ content: [] }));
 */
// server.registerTool("commented_out", { inputSchema: {} }, handler);
export const PROMPT = `Write a server such as
  server.tool("from_prompt", "demo", {}, async () => {});
  tools: [{ name: "quoted", inputSchema: { type: "object" } }]`;
export const SNIPPET = 'new DynamicTool({ name: "in_a_string", description: "x", func: f })';
