"""A Claude tool loop monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
from anthropic import beta_tool

from agentsentinel_anthropic import SentinelTools


def search_crm(query: str) -> str:
    """Find a customer.

    Args:
        query: the customer's name.
    """
    return f"{query}: renewal in March, contact anna@acme.example"


def read_database(table: str) -> str:
    """Read rows.

    Args:
        table: the table's name.
    """
    return f"3 rows of {table}"


def send_email(to: str) -> str:
    """Send an e-mail to a customer.

    Args:
        to: the customer's address.
    """
    return f"sent to {to}"


SCRIPT = [
    ("search_crm", {"query": "Acme"}),
    ("read_database", {"table": "invoices"}),
    ("send_email", {"to": "anna@acme.example"}),
]


def scripted() -> Callable[[httpx2.Request], httpx2.Response]:
    """Return a handler that plays the API; leave out `http_client` below to talk to Claude."""
    script = list(SCRIPT)

    def answer(_: httpx2.Request) -> httpx2.Response:
        call = script.pop(0) if script else None
        use = {"type": "tool_use", "id": "toolu_1", "name": call[0], "input": call[1]} if call else None
        message: dict[str, Any] = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "scripted",
            "content": [use or {"type": "text", "text": "Acme has its renewal offer."}],
            "stop_reason": "tool_use" if use else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        return httpx2.Response(200, json=message)

    return answer


def main() -> None:
    """Run the loop once and print how far the agent can be trusted."""
    sentinel = SentinelTools(agent_name="my-anthropic-agent", verbose=True)
    transport = httpx2.MockTransport(scripted())
    client = anthropic.Anthropic(api_key="none", http_client=anthropic.DefaultHttpxClient(transport=transport))
    tools = sentinel.watch([beta_tool(search_crm), beta_tool(read_database), beta_tool(send_email)])
    question: Any = [{"role": "user", "content": "Send Acme a renewal email."}]
    runner = client.beta.messages.tool_runner(model="claude-opus-4-7", max_tokens=1024, tools=tools, messages=question)
    sentinel.follow(runner).until_done()
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
