"""A crew monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import json
from typing import Any

from crewai import Agent, BaseLLM, Crew, Task
from crewai.tools import tool

from agentsentinel_crewai import SentinelListener


class ScriptedModel(BaseLLM):
    """A model that replays a script; replace it with LLM("anthropic/claude-opus-4-7")."""

    def __init__(self, script: list[str]) -> None:
        super().__init__(model="scripted")
        self._script = script

    def call(self, *_: Any, **__: Any) -> str:
        """Return the next line of the script."""
        return self._script.pop(0)

    def supports_function_calling(self) -> bool:
        """Return False: this model asks for tools in plain text."""
        return False


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
    """Run the crew once and print how far it can be trusted."""
    sentinel = SentinelListener(agent_name="my-crewai-agent", verbose=True)
    replies = [f"Thought: next\nAction: {name}\nAction Input: {json.dumps(args)}\n" for name, args in SCRIPT]
    model = ScriptedModel([*replies, "Thought: all done\nFinal Answer: Acme has its renewal offer."])
    tools = [tool(function.__name__)(function) for function in (search_crm, read_database, send_email)]
    seller = Agent(role="seller", goal="renewals", backstory="sells", llm=model, tools=tools)
    task = Task(description="Send Acme a renewal email.", expected_output="a report", agent=seller)
    Crew(agents=[seller], tasks=[task]).kickoff()
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
