"""MCP servers of JavaScript files: what they offer, and who connects to them."""

from agentsentinel_cli.scan.model import AgentFact, Symbol
from agentsentinel_cli.scan.recognize.javascript import extract_javascript


def agents_of(source: str, path: str = "agent.ts") -> tuple[AgentFact, ...]:
    return extract_javascript(path, source.encode()).agents


def granted(agent: AgentFact) -> list[tuple[str, str]]:
    return [
        (grant.kind.value, grant.target.name if isinstance(grant.target, Symbol) else grant.target)
        for grant in agent.grants
    ]


def test_connections_to_servers_belong_to_the_agent() -> None:
    (agent,) = agents_of("""
        import { Agent, MCPServerStdio, MCPServerStreamableHttp } from "@openai/agents";
        const files = new MCPServerStdio({ name: "files", fullCommand: "npx -y server-files /data" });
        const web = new MCPServerStreamableHttp({ url: "https://mcp.example/mcp", name: "web" });
        const agent = new Agent({ name: "desk", instructions: "Help.", mcpServers: [files, web] });
    """)
    assert [(server.name, server.target) for server in agent.servers] == [
        ("files", "npx -y server-files /data"),
        ("web", "https://mcp.example/mcp"),
    ]


def test_a_table_of_servers_gives_each_with_its_command_line_or_url() -> None:
    (agent,) = agents_of("""
        import { MultiServerMCPClient } from "@langchain/mcp-adapters";
        import { createReactAgent } from "@langchain/langgraph/prebuilt";
        const client = new MultiServerMCPClient({
          mcpServers: {
            math: { command: "python", args: ["math.py"] },
            weather: { transport: "http", url: "http://localhost:8000/mcp" },
          },
        });
        const agent = createReactAgent({ llm, tools: await client.getTools() });
    """)
    assert [(server.name, server.target) for server in agent.servers] == [
        ("math", "python math.py"),
        ("weather", "http://localhost:8000/mcp"),
    ]


def test_each_server_offers_what_was_registered_on_it() -> None:
    first, second = agents_of("""
        import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
        const a = new McpServer({ name: "first", version: "1" });
        const b = new McpServer({ name: "second", version: "1" });
        a.tool("one", "1", {}, async () => ({ content: [] }));
        b.tool("two", "2", {}, async () => ({ content: [] }));
    """)
    assert (first.name, granted(first)) == ("first", [("local", "one")])
    assert (second.name, granted(second)) == ("second", [("local", "two")])
