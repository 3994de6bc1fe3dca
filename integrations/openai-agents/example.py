"""An agent of the OpenAI Agents SDK monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import json
from typing import Any

from agents import Agent, Runner, function_tool, set_trace_processors
from agents.testing import ScriptedModel
from agents.testing.model import assistant_message, function_call

from agentsentinel_openai_agents import SentinelProcessor


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
    sentinel = SentinelProcessor(agent_name="my-openai-agents-agent", verbose=True)
    set_trace_processors([sentinel])  # alone: the default one would send to OpenAI
    replies: list[Any] = [
        [function_call(name, json.dumps(args), call_id=f"call-{number}")] for number, (name, args) in enumerate(SCRIPT)
    ]
    model = ScriptedModel([*replies, [assistant_message("Acme has its renewal offer.")]])
    tools = [function_tool(tool) for tool in (search_crm, read_database, send_email)]
    Runner.run_sync(Agent(name="sales", model=model, tools=list(tools)), "Send Acme a renewal email.")
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
