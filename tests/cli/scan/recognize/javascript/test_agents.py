"""Agents and servers of JavaScript files: what they are called, told and granted."""

from agentsentinel_cli.scan.model import AgentFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.javascript import extract_javascript


def agents_of(source: str, path: str = "agent.ts") -> tuple[AgentFact, ...]:
    return extract_javascript(path, source.encode()).agents


def granted(agent: AgentFact) -> list[tuple[str, str]]:
    return [
        (grant.kind.value, grant.target.name if isinstance(grant.target, Symbol) else grant.target)
        for grant in agent.grants
    ]


def test_an_agent_says_its_name_model_instructions_and_tools() -> None:
    (agent,) = agents_of("""
        import { Agent, tool } from "@openai/agents";
        const look = tool({ name: "look", description: "Looks", parameters: {}, execute: async () => "" });
        export const guide = new Agent({
          name: "Guide", model: "gpt-4.1", instructions: "Show people round.", tools: [look],
        });
    """)
    assert (agent.name, agent.model, agent.description) == ("Guide", "gpt-4.1", "Show people round.")
    assert (agent.framework, agent.symbol) == ("openai-agents", "guide")
    assert granted(agent) == [("local", "look")]


def test_a_model_inside_the_call_of_a_provider_is_named() -> None:
    (agent,) = agents_of("""
        import { generateText } from "ai";
        import { openai } from "@ai-sdk/openai";
        import { tools } from "./tools";
        export const run = () => generateText({ model: openai("gpt-4o"), tools });
    """)
    assert (agent.name, agent.model) == ("run", "gpt-4o")
    assert agent.grants[0].target == Symbol("./tools", "tools")


def test_spread_lists_of_this_file_and_of_others_are_all_granted() -> None:
    (agent,) = agents_of("""
        import { createReactAgent } from "@langchain/langgraph/prebuilt";
        import { tool } from "@langchain/core/tools";
        import { mailTools } from "./mail";
        const clock = tool(() => "12", { name: "clock", description: "Time" });
        const basics = [clock];
        const agent = createReactAgent({ llm, tools: [...basics, ...mailTools, await client.getTools()] });
    """)
    assert granted(agent)[:2] == [("local", "clock"), ("imported", "mailTools")]
    assert agent.grants[2].kind is GrantKind.DYNAMIC


def test_tools_that_the_provider_runs_are_hosted() -> None:
    (agent,) = agents_of("""
        import OpenAI from "openai";
        const client = new OpenAI();
        const answer = await client.responses.create({
          model: "gpt-4.1",
          tools: [{ type: "code_interpreter", container: { type: "auto" } }, { type: "web_search_preview" }],
        });
    """)
    assert granted(agent) == [("hosted", "code_interpreter"), ("hosted", "web_search_preview")]


def test_turns_of_one_conversation_are_one_agent() -> None:
    found = agents_of("""
        import Anthropic from "@anthropic-ai/sdk";
        const client = new Anthropic();
        const tools = [{ name: "now", description: "Time", input_schema: { type: "object" } }];
        let reply = await client.messages.create({ model: "claude-sonnet-4-5", tools, messages });
        while (reply.stop_reason === "tool_use") {
          reply = await client.messages.create({ model: "claude-sonnet-4-5", tools, messages });
        }
    """)
    assert [granted(agent) for agent in found] == [[("local", "now")]]


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


def test_agents_of_the_network_are_none() -> None:
    assert agents_of('import https from "node:https";\nconst agent = new https.Agent({ model: 1, tools: [] });') == ()


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
