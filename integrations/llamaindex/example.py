"""A LlamaIndex agent monitored by AgentSentinel.

The model is a script, so it runs without any key but AgentSentinel's:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

import asyncio
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.tools import FunctionTool

from agentsentinel_llamaindex import instrument


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
    sentinel = instrument(agent_name="my-llamaindex-agent", verbose=True)
    replies: list[Any] = [ToolCallBlock(tool_call_id=name, tool_name=name, tool_kwargs=args) for name, args in SCRIPT]
    replies.append(TextBlock(text="Acme has its renewal offer."))

    def speak(*_: Any, **__: Any) -> ChatMessage:
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=[replies.pop(0)])

    model = MockFunctionCallingLLM(response_generator=speak)  # put Anthropic(model="claude-opus-4-7") in its place
    tools = [FunctionTool.from_defaults(function) for function in (search_crm, read_database, send_email)]
    asyncio.run(ask(FunctionAgent(tools=tools, llm=model, streaming=False)))
    sentinel.print_trust_score()


async def ask(agent: FunctionAgent) -> None:
    """Ask the agent one question."""
    await agent.run(user_msg="Send Acme a renewal email.")


if __name__ == "__main__":
    main()
