"""The LlamaIndex adapter against LlamaIndex, with its own mock model."""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, flaky, hang, run_as_printed, search_crm, send_email, stop
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock, ToolCallBlock
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from workflows.errors import WorkflowTimeoutError

from agentsentinel_llamaindex import SentinelEventHandler, SentinelMonitor, SentinelSpanHandler, instrument
from agentsentinel_sdk import Monitor, hash_payload
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    dispatcher = get_dispatcher()
    dispatcher.span_handlers = [h for h in dispatcher.span_handlers if not isinstance(h, SentinelSpanHandler)]
    dispatcher.event_handlers = [h for h in dispatcher.event_handlers if not isinstance(h, SentinelEventHandler)]


def blocks(turn: list[Call]) -> list[Any]:
    return [ToolCallBlock(tool_call_id=one.id, tool_name=one.tool, tool_kwargs=one.arguments) for one in turn]


TOOLS = (search_crm, send_email, fail, flaky, stop, hang)


def agent_of(turns: list[list[Call]], functions: Any = TOOLS, **options: Any) -> FunctionAgent:
    script = [*map(blocks, turns), [TextBlock(text="done")]]

    def speak(*_: Any, **__: Any) -> Any:
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=script.pop(0))

    tools = [FunctionTool.from_defaults(function) for function in functions]
    model = MockFunctionCallingLLM(response_generator=speak)
    return FunctionAgent(tools=tools, llm=model, streaming=False, **options)


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


def test_attached_twice_a_call_counts_once() -> None:
    sentinel = FakeSentinel()
    monitor = SentinelMonitor(reporter=sentinel.reporter())
    assert instrument(monitor) is instrument(monitor) is instrument() is monitor

    async def go() -> None:
        await agent_of([[call("search_crm", query="Acme")]]).run(user_msg="go")

    asyncio.run(go())
    assert monitor.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("search_crm", "ok")]


def test_a_tool_that_waits_for_a_person_is_reported_once_it_has_run() -> None:
    async def wire(ctx: Context, to: str) -> str:
        """Send money once that is confirmed."""
        wish = InputRequiredEvent(prefix="may I?")  # type: ignore[call-arg]
        answer = await ctx.wait_for_event(HumanResponseEvent, waiter_id="w", waiter_event=wish)
        return f"{answer.response} to {to}"

    sentinel = FakeSentinel()
    monitor = instrument(SentinelMonitor(reporter=sentinel.reporter()))

    async def go() -> None:
        handler = agent_of([[call("wire", to="bob")]], (wire,)).run(user_msg="go")
        async for event in handler.stream_events():
            if isinstance(event, InputRequiredEvent):
                await asyncio.sleep(0.05)
                assert monitor.flush(10)
                assert sentinel.events == []
                handler.ctx.send_event(HumanResponseEvent(response="sent"))  # type: ignore[union-attr, call-arg]
        await handler

    asyncio.run(go())
    assert monitor.flush(10)
    assert monitor.calls.open_calls == 0
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("wire", "ok")]
    assert sentinel.events[0]["output_hash"] == hash_payload("sent to bob")


def test_a_tool_in_a_workflow_that_takes_longer_than_it_may_is_one_error() -> None:
    async def dawdle(query: str) -> str:
        """Take long."""
        await asyncio.sleep(60)
        return query

    sentinel = FakeSentinel()
    monitor = instrument(SentinelMonitor(reporter=sentinel.reporter()))

    async def go() -> None:
        await agent_of([[call("dawdle", query="x")]], (dawdle,), timeout=0.5).run(user_msg="go")

    with pytest.raises(WorkflowTimeoutError):
        asyncio.run(go())
    assert monitor.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("dawdle", "error")]


def test_a_type_error_of_the_tool_itself_is_an_error() -> None:
    def add(number: int) -> str:
        """Add."""
        return f"{number + 'x'}"  # type: ignore[operator]

    sentinel = FakeSentinel()
    monitor = instrument(SentinelMonitor(reporter=sentinel.reporter()))

    async def go() -> None:
        await agent_of([[call("add", number=1)]], (add,)).run(user_msg="go")

    asyncio.run(go())
    assert monitor.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("add", "error")]


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = agent_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]])
    ends = run_as_printed("llamaindex", platform, monkeypatch, agent=agent, question="go")
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]
