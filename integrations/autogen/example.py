"""An AutoGen agent monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import asyncio
import json
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_core import FunctionCall
from autogen_core.models import CreateResult, ModelInfo, RequestUsage
from autogen_ext.models.replay import ReplayChatCompletionClient

from agentsentinel_autogen import instrument


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


def scripted_model() -> ReplayChatCompletionClient:
    """Return a model that replays the script; AnthropicChatCompletionClient(model="claude-opus-4-7") replaces it."""
    replies: list[Any] = [
        CreateResult(
            finish_reason="function_calls",
            content=[FunctionCall(id=f"call-{number}", name=name, arguments=json.dumps(args))],
            usage=RequestUsage(prompt_tokens=0, completion_tokens=0),
            cached=False,
        )
        for number, (name, args) in enumerate(SCRIPT)
    ]
    info = ModelInfo(vision=False, function_calling=True, json_output=False, family="unknown", structured_output=False)
    return ReplayChatCompletionClient([*replies, "Acme has its renewal offer."], model_info=info)


def main() -> None:
    """Run the agent once and print how far it can be trusted."""
    sentinel = instrument(agent_name="my-autogen-agent", verbose=True)
    tools = [search_crm, read_database, send_email]
    agent = AssistantAgent("sales", scripted_model(), tools=list(tools), max_tool_iterations=5)
    asyncio.run(agent.run(task="Send Acme a renewal email."))
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
