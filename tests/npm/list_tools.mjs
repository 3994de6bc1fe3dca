// Lists the tools of an MCP server with the official TypeScript SDK: `list_tools.mjs LINE URL` or `... LINE COMMAND...`;
// LINE is 1, or 2 for the line that speaks revision 2026-07-28, too. Prints them as JSON.
const [line, ...target] = process.argv.slice(2);
const about = { name: "lister", version: "1" };

async function parts() {
  if (line === "1") {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    return { client: new Client(about), StdioClientTransport, StreamableHTTPClientTransport };
  }
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  return {
    client: new Client(about, { versionNegotiation: { mode: "auto" } }),
    StdioClientTransport,
    StreamableHTTPClientTransport,
  };
}

const { client, StdioClientTransport, StreamableHTTPClientTransport } = await parts();
const isUrl = target[0].startsWith("http://");
await client.connect(
  isUrl
    ? new StreamableHTTPClientTransport(new URL(target[0]))
    : new StdioClientTransport({ command: target[0], args: target.slice(1), env: process.env, stderr: "ignore" }),
);
const { tools } = await client.listTools();
process.stdout.write(JSON.stringify(tools), () => client.close().then(() => process.exit(0)));
