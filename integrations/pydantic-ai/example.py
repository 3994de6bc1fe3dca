"""A PydanticAI agent monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

from agentsentinel_pydantic_ai import SentinelCapability


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


def main() -> None:
    """Run the agent once and print how far it can be trusted."""
    sentinel = SentinelCapability(agent_name="my-pydantic-ai-agent", verbose=True)
    replies: list[Any] = [ToolCallPart(name, args) for name, args in SCRIPT]
    replies.append(TextPart("Acme has its renewal offer."))
    model = FunctionModel(lambda *_: ModelResponse(parts=[replies.pop(0)]))
    agent = Agent(model, tools=[search_crm, read_database, send_email], capabilities=[sentinel])
    agent.run_sync("Send Acme a renewal email.")
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
