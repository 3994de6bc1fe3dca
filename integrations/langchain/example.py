"""A LangChain agent monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import os
from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from agentsentinel_langchain import SentinelCallbackHandler


class ScriptedModel(GenericFakeChatModel):
    """A model that replays a script; replace it with ChatAnthropic(model="claude-opus-4-7")."""

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ScriptedModel":
        """Take the tools and ignore them."""
        return self


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
    sentinel = SentinelCallbackHandler(
        api_key=os.environ["AGENTSENTINEL_API_KEY"],
        base_url=os.environ.get("SENTINEL_URL", "http://localhost:9000"),
        agent_name="my-langchain-agent",
        description="Queries CRM and sends customer emails",
    )
    calls = [{"name": name, "args": args, "id": f"call-{number}"} for number, (name, args) in enumerate(SCRIPT)]
    replies = [*(AIMessage("", tool_calls=[call]) for call in calls), AIMessage("Acme has its renewal offer.")]
    agent = create_agent(ScriptedModel(messages=iter(replies)), tools=[search_crm, read_database, send_email])
    question: Any = {"messages": [{"role": "user", "content": "Search CRM for Acme and send a renewal email."}]}
    agent.invoke(question, config={"callbacks": [sentinel]})
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
