"""The Strands adapter against Strands, with a model that speaks from a script."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterable
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, failures_left, flaky, run_as_printed, search_crm, send_email
from strands import Agent, tool
from strands.hooks import AfterToolCallEvent, BeforeToolCallEvent
from strands.models import Model
from traced import counted_once, spans_alone

from agentsentinel_sdk import Monitor
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
    tools = [tool(function) for function in (search_crm, send_email, fail, flaky)]
    return Agent(model=ScriptedModel(turns), tools=tools, hooks=[monitor], callback_handler=None)


class TestHooks(Contract):
    modes: ClassVar[tuple[str, ...]] = ("sync", "async")

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
