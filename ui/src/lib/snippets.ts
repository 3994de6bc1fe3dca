/** How to report from an agent, with the real address and key filled in. One entry for each way that exists. */

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
    about: "Report each tool call with the SDK. Only digests of what went in and out leave your process.",
    text: (address, key, agentId) => `from agentsentinel_sdk import Client, ToolCallEvent, hash_payload

with Client("${key}", base_url="${address}") as sentinel:
    asked, given = {"query": "open invoices"}, ["invoice 17"]
    event = ToolCallEvent("${agentId}", "search_invoices", hash_payload(asked), hash_payload(given))
    print(sentinel.report(event).anomaly_score)`,
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
    id: "http",
    label: "HTTP, any language",
    about: "One POST for each call. The digests are SHA-256 of what went in and out, as 64 hex digits.",
    text: (address, key, agentId) => `digest() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }
curl -s -X POST ${address}/api/v1/events \\
  -H "X-API-Key: ${key}" -H "Content-Type: application/json" \\
  -d "{\\"agent_id\\": \\"${agentId}\\", \\"tool_name\\": \\"search_invoices\\",
       \\"input_hash\\": \\"$(digest asked)\\", \\"output_hash\\": \\"$(digest given)\\"}"`,
  },
];
