"""The CrewAI adapter against CrewAI, with models that speak from a script: in words, and by function calling."""

import asyncio
import json
import os
import uuid
from typing import Any, ClassVar

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

import pytest
from contract import Call, Contract, call, fail, flaky, hang, run_as_printed, search_crm, send_email, stop
from crewai import Agent, BaseLLM, Crew, Task
from crewai.hooks import register_before_tool_call_hook, unregister_before_tool_call_hook
from crewai.tools import tool

from agentsentinel_crewai import SentinelListener
from agentsentinel_sdk import Monitor
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform


class ScriptedModel(BaseLLM):
    def __init__(self, script: list[str]) -> None:
        super().__init__(model="scripted")
        self._script = script

    def call(self, *_: Any, **__: Any) -> str:
        return self._script.pop(0) if self._script else "Thought: enough\nFinal Answer: done"

    async def acall(self, *_: Any, **__: Any) -> str:
        return self.call()

    def supports_function_calling(self) -> bool:
        return False


class NativeModel(BaseLLM):
    """A model that asks for tools by function calling, as those of OpenAI and Anthropic do."""

    def __init__(self, turns: list[list[Call]]) -> None:
        super().__init__(model="scripted")
        self._turns = list(turns)

    def call(self, *_: Any, **__: Any) -> Any:
        if not self._turns:
            return "done"
        return [
            {"id": one.id, "type": "function", "function": {"name": one.tool, "arguments": json.dumps(one.arguments)}}
            for one in self._turns.pop(0)
        ]

    async def acall(self, *_: Any, **__: Any) -> Any:
        return self.call()

    def supports_function_calling(self) -> bool:
        return True


def in_words(turns: list[list[Call]]) -> ScriptedModel:
    script = [
        f"Thought: next\nAction: {one.tool}\nAction Input: {json.dumps(one.arguments)}\n"
        for turn in turns
        for one in turn
    ]
    return ScriptedModel(script)


def crew_of(model: BaseLLM, *more: Any) -> Crew:
    functions = (search_crm, send_email, fail, flaky, stop, hang, *more)
    tools = [tool(function.__name__)(function) for function in functions]
    for one in tools:
        one.cache_function = lambda *_: False
    agent = Agent(role="r", goal="g", backstory="b", llm=model, tools=tools, cache=False, max_iter=20)
    return Crew(agents=[agent], tasks=[Task(description="go", expected_output="words", agent=agent)], cache=False)


class TestListener(Contract):
    has_call_ids: ClassVar[bool] = False
    failures_of_one_attempt: ClassVar[int] = 2
    attempts: ClassVar[int] = 3
    attempts_without_arguments: ClassVar[int] = 3
    # A crew continues until its tool has ended, even if its caller waits no longer.
    test_a_run_that_is_cancelled_while_a_tool_runs_is_one_error = None
    test_a_run_that_times_out_while_a_tool_runs_is_one_error_and_the_next_run_is_as_usual = None

    def arguments_of_unknown(self, arguments: dict[str, Any]) -> object:
        return {}

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelListener(**parameters)

    def model(self, turns: list[list[Call]]) -> BaseLLM:
        return in_words(turns)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        crew = crew_of(self.model(turns))
        return str(asyncio.run(crew.kickoff_async()) if mode == "async" else crew.kickoff())

    def test_a_tool_that_raises_is_one_error(self, platform: Platform, mode: str) -> None:
        monitor = self.watched(platform)
        assert self.run(monitor, [[call("fail", reason="no")]], mode) == "done"
        events = self.events(platform, monitor)
        # CrewAI tries again by itself, three times in all: each attempt is an error of its own
        assert [(event["tool_name"], event["status"]) for event in events] == [("fail", "error")] * self.attempts

    def run_with_retry(self, monitor: Monitor, asked: Call, mode: str) -> str:
        return self.run(monitor, [[asked]], mode)  # CrewAI tries again by itself


@pytest.mark.long
class TestNative(TestListener):
    """CrewAI hands the result of a tool that raised to the model, and does not try again."""

    failures_of_one_attempt: ClassVar[int] = 1
    attempts: ClassVar[int] = 1
    attempts_without_arguments: ClassVar[int] = 1

    def arguments_of_unknown(self, arguments: dict[str, Any]) -> object:
        return arguments

    def model(self, turns: list[list[Call]]) -> BaseLLM:
        return NativeModel(turns)

    def run_with_retry(self, monitor: Monitor, asked: Call, mode: str) -> str:
        return self.run(monitor, [[asked], [call(asked.tool, **asked.arguments)]], mode)


@pytest.mark.parametrize("model", [in_words, NativeModel])
def test_a_tool_that_gives_nothing_has_run(model: Any) -> None:
    def note(query: str) -> None:
        """Write something down."""

    sentinel = FakeSentinel()
    listener = SentinelListener(reporter=sentinel.reporter())
    crew_of(model([[call("note", query="x")]]), note).kickoff()
    assert listener.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("note", "ok")]


def test_of_two_listeners_the_second_reports() -> None:
    sentinel = FakeSentinel()
    first = SentinelListener(reporter=sentinel.reporter(agent_name="first"))
    second = SentinelListener(reporter=sentinel.reporter(agent_name="second"))
    crew_of(NativeModel([[call("send_email", to="anna")]])).kickoff()
    assert first.flush(10)
    assert second.flush(10)
    assert (first.calls.open_calls, second.calls.open_calls) == (0, 0)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("send_email", "ok")]
    assert sentinel.events[0]["agent_id"] == second.reporter.agent_id()


def test_a_call_that_a_hook_blocks_is_denied(platform: Platform) -> None:
    def block(_: Any) -> bool:
        return False

    sentinel = SentinelListener(platform.admin_key, platform.url, f"crew-blocked-{uuid.uuid4().hex}")
    register_before_tool_call_hook(block)
    try:
        crew_of(NativeModel([[call("send_email", to="anna")]])).kickoff()
    finally:
        unregister_before_tool_call_hook(block)
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert (event["tool_name"], event["status"]) == ("send_email", "denied")


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    crew = crew_of(NativeModel([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]))
    assert run_as_printed("crewai", platform, monkeypatch, crew=crew) == [("search_crm", "ok"), ("send_email", "ok")]
