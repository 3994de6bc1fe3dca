"""The Strands adapter against Strands, with a model that speaks from a script."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contract import (
    Call,
    Contract,
    call,
    fail,
    failures_left,
    flaky,
    hang,
    run_as_printed,
    search_crm,
    send_email,
    stop,
)
from strands import Agent, ToolContext, tool
from strands.hooks import AfterToolCallEvent, BeforeToolCallEvent
from strands.models import Model
from strands.session.file_session_manager import FileSessionManager
from traced import counted_once, spans_alone

from agentsentinel_sdk import Monitor
from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_strands import SentinelHooks
from conftest import Platform


class ScriptedModel(Model):
    def __init__(self, turns: list[list[Call]]) -> None:
        self._turns = list(turns)

    def update_config(self, **_: Any) -> None: ...

    def get_config(self) -> dict[str, Any]:
        return {}

    async def structured_output(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def stream(self, *_: Any, **__: Any) -> AsyncIterable[Any]:
        calls = self._turns.pop(0) if self._turns else []
        yield {"messageStart": {"role": "assistant"}}
        for one in calls:
            yield {"contentBlockStart": {"start": {"toolUse": {"toolUseId": one.id, "name": one.tool}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(one.arguments)}}}}
            yield {"contentBlockStop": {}}
        if not calls:
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": "done"}}}
            yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if calls else "end_turn"}}


def agent_of(turns: list[list[Call]], monitor: Any) -> Agent:
    tools = [tool(function) for function in (search_crm, send_email, fail, flaky, stop, hang)]
    return Agent(model=ScriptedModel(turns), tools=tools, hooks=[monitor], callback_handler=None)


class TestHooks(Contract):
    modes: ClassVar[tuple[str, ...]] = ("sync", "async")
    runs_without_id: ClassVar[bool] = False

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelHooks(**parameters)

    def output(self, text: str) -> object:
        return [{"text": text}]

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        agent = agent_of(turns, monitor)
        result = asyncio.run(agent.invoke_async("go")) if mode == "async" else agent("go")
        return str(result).strip()


def test_a_call_that_another_hook_has_tried_again_is_an_event_for_each_attempt(platform: Platform) -> None:
    failures_left[:] = ["timed out"]
    sentinel = SentinelHooks(platform.admin_key, platform.url, f"str-retried-{uuid.uuid4().hex}")
    agent = agent_of([[call("flaky", query="Acme")]], sentinel)

    def again(event: AfterToolCallEvent) -> None:
        event.retry = event.result["status"] == "error"

    agent.hooks.add_callback(AfterToolCallEvent, again)
    agent("go")
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    assert [event["status"] for event in events] == ["error", "ok"]
    assert len({event["tool_call_id"] for event in events}) == 1


@tool(context=True)
def careful(to: str, tool_context: ToolContext) -> str:
    """Send an e-mail once that is approved."""
    return f"{tool_context.interrupt('approve', reason='r')} to {to}"


def gate(event: BeforeToolCallEvent) -> None:
    if event.interrupt("approve", reason="r") != "sent":
        event.cancel_tool = "refused by a person"


@pytest.mark.parametrize("new_agent", [True, False])
@pytest.mark.parametrize(
    ("name", "hook", "answer", "status"),
    [("careful", None, "sent", "ok"), ("send_email", gate, "sent", "ok"), ("send_email", gate, "no", "denied")],
)
def test_a_call_that_waits_for_a_person_is_reported_when_it_has_an_answer(
    name: str, hook: Any, answer: str, status: str, new_agent: bool, tmp_path: Path
) -> None:
    sentinel = FakeSentinel()
    asked = call(name, to="anna")

    def agent(turns: list[list[Call]]) -> tuple[Agent, SentinelHooks]:
        hooks = SentinelHooks(reporter=sentinel.reporter())
        sessions = FileSessionManager(session_id="s", storage_dir=str(tmp_path))
        made = Agent(
            model=ScriptedModel(turns),
            tools=[careful, tool(send_email)],
            hooks=[hooks],
            callback_handler=None,
            agent_id="a",
            session_manager=sessions,
        )
        if hook is not None:
            made.hooks.add_callback(BeforeToolCallEvent, hook)
        return made, hooks

    one, hooks = agent([[asked]])
    waiting = one("go")
    assert hooks.flush(10)
    assert (sentinel.events, hooks.calls.open_calls) == ([], 0)
    if new_agent:  # as in another process
        one, hooks = agent([])
    one([{"interruptResponse": {"interruptId": wish.id, "response": answer}} for wish in waiting.interrupts or ()])
    assert hooks.flush(10)
    assert hooks.calls.open_calls == 0
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [(name, status)]


def test_attached_twice_a_call_counts_once() -> None:
    sentinel = FakeSentinel()
    hooks = SentinelHooks(reporter=sentinel.reporter())
    agent = Agent(
        model=ScriptedModel([[call("send_email", to="anna")]]),
        tools=[tool(send_email)],
        hooks=[hooks, hooks],
        callback_handler=None,
    )
    agent("go")
    assert hooks.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("send_email", "ok")]


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = run_as_printed(
        "strands",
        platform,
        monkeypatch,
        model=ScriptedModel([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]),
        search_crm=tool(search_crm),
        send_email=tool(send_email),
        question="go",
    )
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]


def test_a_call_that_another_hook_cancels_is_denied(platform: Platform) -> None:
    sentinel = SentinelHooks(platform.admin_key, platform.url, f"str-cancelled-{uuid.uuid4().hex}")
    agent = agent_of([[call("send_email", to="anna")]], sentinel)

    def cancel(event: BeforeToolCallEvent) -> None:
        event.cancel_tool = "not today"

    agent.hooks.add_callback(BeforeToolCallEvent, cancel)
    agent("go")
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert (event["tool_name"], event["status"]) == ("send_email", "denied")


def test_the_spans_of_the_framework_itself_tell_the_same(platform: Platform) -> None:
    spans_alone(TestHooks(), platform)


def test_a_run_that_is_attached_and_exports_its_spans_counts_once(platform: Platform) -> None:
    counted_once(TestHooks(), platform)
