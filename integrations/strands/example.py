"""A Strands agent monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import json
from collections.abc import AsyncIterable
from typing import Any

from strands import Agent, tool
from strands.models import Model

from agentsentinel_strands import SentinelHooks


class ScriptedModel(Model):
    """A model that replays a script; replace it with BedrockModel()."""

    def __init__(self, script: list[tuple[str, dict[str, str]]]) -> None:
        self._script = list(script)

    def update_config(self, **_: Any) -> None:
        """Do nothing: this model has no settings."""

    def get_config(self) -> dict[str, Any]:
        """Return no settings."""
        return {}

    def structured_output(self, *_: Any, **__: Any) -> Any:
        """Raise: this example does not use structured output."""
        raise NotImplementedError

    async def stream(self, *_: Any, **__: Any) -> AsyncIterable[Any]:
        """Yield the events of the next reply of the script."""
        yield {"messageStart": {"role": "assistant"}}
        if self._script:
            name, args = self._script.pop(0)
            yield {"contentBlockStart": {"start": {"toolUse": {"toolUseId": f"call-{name}", "name": name}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(args)}}}}
            yield {"contentBlockStop": {}}
            yield {"messageStop": {"stopReason": "tool_use"}}
        else:
            yield {"contentBlockDelta": {"delta": {"text": "Acme has its renewal offer."}}}
            yield {"contentBlockStop": {}}
            yield {"messageStop": {"stopReason": "end_turn"}}


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
    sentinel = SentinelHooks(agent_name="my-strands-agent", verbose=True)
    tools: list[Any] = [tool(function) for function in (search_crm, read_database, send_email)]
    agent = Agent(model=ScriptedModel(SCRIPT), tools=tools, hooks=[sentinel], callback_handler=None)
    agent("Send Acme a renewal email.")
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
