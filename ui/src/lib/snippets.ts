/** How to report from an agent, with the real address and key filled in. One entry for each way that exists. */
import type { AgentDetail } from "../api/types";

export interface Snippet {
  id: string;
  label: string;
  about: string;
  text: (address: string, key: string, agentId: string) => string;
}

export const SNIPPETS: Snippet[] = [
  {
    id: "python",
    label: "Python",
    about:
      "A decorator reports each call of a function, in the background. There are adapters for nine frameworks, too. Only digests leave your process.",
    text: (address, key) => `from agentsentinel_sdk import Reporter, observe_tool

reporter = Reporter("${key}", "${address}")

@observe_tool(reporter)
def search_invoices(query: str) -> list[str]:
    return ["invoice 17"]

search_invoices("open invoices")`,
  },
  {
    id: "claude",
    label: "Claude tool loop",
    about: "Wrap the loop once; every call of every tool is reported with its duration and outcome.",
    text: (address, key, agentId) => `import anthropic
from agentsentinel_sdk import Client, SentinelMiddleware, SentinelTool

@SentinelTool("Search invoices", {"type": "object", "properties": {"query": {"type": "string"}}})
def search_invoices(query: str) -> list[str]:
    return ["invoice 17"]

with Client("${key}", base_url="${address}") as sentinel:
    agent = SentinelMiddleware(anthropic.Anthropic(), sentinel, "${agentId}", "session-1", tools=[search_invoices])
    print(agent.run("Which invoices are open?"))`,
  },
  {
    id: "mcp",
    label: "MCP",
    about:
      "Tools of MCP servers are reported where your agent calls them: give this to your loop instead of session.call_tool. Note the server itself on the agent's page, under MCP; its address is judged, too.",
    text: (address, key) => `from uuid import uuid4
from agentsentinel_sdk import Reporter

calls = Reporter("${key}", "${address}").recorder()

async def call_tool(session, name, arguments):  # session: the ClientSession of the MCP SDK
    call_id = uuid4()
    calls.start(call_id, name, arguments)
    try:
        result = await session.call_tool(name, arguments)
    except BaseException as error:
        calls.error(call_id, error)
        raise
    calls.end(call_id, result)
    return result`,
  },
  {
    id: "otlp",
    label: "OpenTelemetry",
    about:
      "Agents that are traced already need no code: set this where they run. Spans of tool calls (execute_tool) are taken, by OTLP over HTTP; their content is dropped.",
    text: (address, key) => `export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="${address}/v1/traces"
export OTEL_EXPORTER_OTLP_TRACES_HEADERS="X-API-Key=${key}"
export OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="http/protobuf"`,
  },
  {
    id: "http",
    label: "HTTP",
    about:
      "From any language: one POST for each call. The digests are SHA-256 of what went in and out, as 64 hex digits.",
    text: (address, key, agentId) => `digest() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }
curl -s -X POST ${address}/api/v1/events \\
  -H "X-API-Key: ${key}" -H "Content-Type: application/json" \\
  -d "{\\"agent_id\\": \\"${agentId}\\", \\"tool_name\\": \\"search_invoices\\",
       \\"input_hash\\": \\"$(digest asked)\\", \\"output_hash\\": \\"$(digest given)\\"}"`,
  },
];

/** Words of a framework or type -> the snippet that fits it. */
const FITTING: [RegExp, string][] = [
  [/mcp/i, "mcp"],
  [/anthropic|claude/i, "claude"],
  [/opentelemetry|otel|vercel|logfire/i, "otlp"],
];

/** The snippet that fits what is known of an agent: where it was found, its type, its model. */
export function snippetFor(agent: AgentDetail): string {
  const known = `${agent.discovery?.framework ?? ""} ${agent.agent_type} ${agent.model}`;
  return FITTING.find(([words]) => words.test(known))?.[1] ?? "python";
}
