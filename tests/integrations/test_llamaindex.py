"""The LlamaIndex adapter against LlamaIndex, with its own mock model."""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, flaky, run_as_printed, search_crm, send_email
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock, ToolCallBlock
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.tools import FunctionTool

from agentsentinel_llamaindex import SentinelMonitor, SentinelSpanHandler, instrument
from agentsentinel_sdk import Monitor
from conftest import Platform


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    dispatcher = get_dispatcher()
    dispatcher.span_handlers = [h for h in dispatcher.span_handlers if not isinstance(h, SentinelSpanHandler)]


def blocks(turn: list[Call]) -> list[Any]:
    return [ToolCallBlock(tool_call_id=one.id, tool_name=one.tool, tool_kwargs=one.arguments) for one in turn]


def agent_of(turns: list[list[Call]]) -> FunctionAgent:
    script = [*map(blocks, turns), [TextBlock(text="done")]]

    def speak(*_: Any, **__: Any) -> Any:
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=script.pop(0))

    tools = [FunctionTool.from_defaults(function) for function in (search_crm, send_email, fail, flaky)]
    return FunctionAgent(tools=tools, llm=MockFunctionCallingLLM(response_generator=speak), streaming=False)


class TestInstrument(Contract):
    modes: ClassVar[tuple[str, ...]] = ("async",)

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelMonitor(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelMonitor)
        instrument(monitor)

        async def go() -> str:
            return str(await agent_of(turns).run(user_msg="go"))

        return asyncio.run(go())


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = agent_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]])
    ends = run_as_printed("llamaindex", platform, monkeypatch, agent=agent, question="go")
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]
