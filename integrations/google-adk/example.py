"""An agent of Google ADK monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.apps import App
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

from agentsentinel_google_adk import SentinelPlugin


class ScriptedModel(BaseLlm):
    """A model that replays a script; replace it with "gemini-3-pro"."""

    script: list[Any]

    async def generate_content_async(self, *_: Any, **__: Any) -> AsyncGenerator[LlmResponse, None]:
        """Yield the next part of the script."""
        yield LlmResponse(content=types.Content(role="model", parts=[self.script.pop(0)]))


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
    sentinel = SentinelPlugin(agent_name="my-google-adk-agent", verbose=True)
    replies = [types.Part(function_call=types.FunctionCall(name=name, args=args)) for name, args in SCRIPT]
    model = ScriptedModel(model="scripted", script=[*replies, types.Part(text="Acme has its renewal offer.")])
    agent = LlmAgent(name="sales", model=model, tools=[search_crm, read_database, send_email])
    asyncio.run(ask(InMemoryRunner(app=App(name="sales_app", root_agent=agent, plugins=[sentinel]))))
    sentinel.print_trust_score()


async def ask(runner: InMemoryRunner) -> None:
    """One question in a session of its own."""
    session = await runner.session_service.create_session(app_name="sales_app", user_id="u")
    question = types.Content(role="user", parts=[types.Part(text="Send Acme a renewal email.")])
    async for _ in runner.run_async(user_id="u", session_id=session.id, new_message=question):
        pass


if __name__ == "__main__":
    main()
