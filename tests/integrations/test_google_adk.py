"""The adapter of Google ADK against ADK, with a model that speaks from a script."""

import asyncio
from collections.abc import AsyncGenerator
from importlib.metadata import version
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, flaky, hang, run_as_printed, search_crm, send_email, stop
from google.adk.agents import LlmAgent
from google.adk.apps import App
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.plugins.reflect_retry_tool_plugin import ReflectAndRetryToolPlugin
from google.adk.runners import InMemoryRunner, Runner
from google.adk.sessions import InMemorySessionService
from google.adk.tools import FunctionTool, ToolContext
from google.genai import types
from traced import counted_once, spans_alone

from agentsentinel_google_adk import SentinelPlugin
from agentsentinel_sdk import Monitor
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform

ADK = tuple(int(number) for number in version("google-adk").split(".")[:2])


class ScriptedModel(BaseLlm):
    script: list[Any]

    async def generate_content_async(self, *_: Any, **__: Any) -> AsyncGenerator[LlmResponse, None]:
        yield LlmResponse(content=types.Content(role="model", parts=self.script.pop(0)))


def part(one: Call) -> types.Part:
    return types.Part(function_call=types.FunctionCall(id=one.id, name=one.tool, args=one.arguments))


def agent_of(turns: list[list[Call]]) -> LlmAgent:
    script = [*([part(one) for one in turn] for turn in turns), [types.Part(text="done")]]
    model = ScriptedModel(model="m", script=script)
    return LlmAgent(name="a", model=model, tools=[search_crm, send_email, fail, flaky, stop, hang])


async def drive(runner: Runner) -> str:
    """Ask the agent once; its last words."""
    session = await runner.session_service.create_session(app_name=runner.app_name, user_id="u")
    said = ""
    message = types.Content(role="user", parts=[types.Part(text="go")])
    async for event in runner.run_async(user_id="u", session_id=session.id, new_message=message):
        for piece in event.content.parts if event.content and event.content.parts else ():
            said = piece.text or said
    await runner.close()
    return said


def run(turns: list[list[Call]], *plugins: Any) -> str:
    return asyncio.run(drive(InMemoryRunner(app=App(name="shop", root_agent=agent_of(turns), plugins=list(plugins)))))


class TestPlugin(Contract):
    modes: ClassVar[tuple[str, ...]] = ("async",)
    failure_ends_run: ClassVar[bool] = True
    unknown_ends_run: ClassVar[bool] = ADK < (2, 9)

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelPlugin(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        return run(turns, monitor)

    def run_with_retry(self, monitor: Monitor, asked: Call, mode: str) -> str:
        turns = [[asked], [call(asked.tool, **asked.arguments)]]
        return run(turns, monitor, ReflectAndRetryToolPlugin(max_retries=2))


class Conversation:
    """One session with an agent whose calls are reported to a server in memory."""

    def __init__(self, turns: list[list[Call]], **agent: Any) -> None:
        self.sentinel = FakeSentinel()
        self.sessions = InMemorySessionService()
        script = [*([part(one) for one in turn] for turn in turns), *[[types.Part(text="done")]] * 2]
        self._agent = LlmAgent(name="a", model=ScriptedModel(model="m", script=script), **agent)

    async def say(self, piece: types.Part) -> str | None:
        """Speak to the agent, each time as another process would; the id of a confirmation it asks for."""
        plugin = SentinelPlugin(reporter=self.sentinel.reporter())
        app = App(name="shop", root_agent=self._agent, plugins=[plugin])
        runner = Runner(app=app, session_service=self.sessions)
        session = await self.sessions.get_session(app_name="shop", user_id="u", session_id="s")
        if session is None:
            await self.sessions.create_session(app_name="shop", user_id="u", session_id="s")
        asked = None
        message = types.Content(role="user", parts=[piece])
        async for event in runner.run_async(user_id="u", session_id="s", new_message=message):
            for wanted in event.get_function_calls():
                asked = wanted.id if wanted.name == CONFIRM else asked
        assert plugin.flush(10)
        assert plugin.calls.open_calls == 0
        return asked

    @property
    def ends(self) -> list[tuple[str, str]]:
        return [(event["tool_name"], event["status"]) for event in self.sentinel.events]


CONFIRM = "adk_request_confirmation"
GO = types.Part(text="go")


@pytest.mark.parametrize(("answer", "status"), [(True, "ok"), (False, "denied")])
@pytest.mark.parametrize("asks_itself", [False, True])
def test_a_call_that_waits_for_a_person_is_reported_when_it_has_an_answer(
    answer: bool, status: str, asks_itself: bool
) -> None:
    def careful(to: str, tool_context: ToolContext) -> dict[str, Any]:
        """Send an e-mail once that is confirmed."""
        if not tool_context.tool_confirmation:
            tool_context.request_confirmation(hint="may I?")
            return {"status": "pending"}
        return {"sent": tool_context.tool_confirmation.confirmed}

    tool: Any = careful if asks_itself else FunctionTool(send_email, require_confirmation=True)
    name = "careful" if asks_itself else "send_email"
    conversation = Conversation([[call(name, to="anna")]], tools=[tool])

    async def go() -> None:
        asked = await conversation.say(GO)
        assert conversation.ends == []
        response = types.FunctionResponse(id=asked, name=CONFIRM, response={"confirmed": answer})
        await conversation.say(types.Part(function_response=response))

    asyncio.run(go())
    assert conversation.ends == [(name, status)]


def test_a_call_that_a_callback_of_the_agent_stops_is_denied_and_the_next_one_is_not() -> None:
    def block(tool: Any, args: dict[str, Any], tool_context: ToolContext) -> dict[str, str] | None:
        return {"blocked": "policy"} if args.get("to") == "eve" else None

    turns = [[call("send_email", to="eve")], [call("send_email", to="anna")], [call("send_email", to="eve")]]
    conversation = Conversation(turns, tools=[send_email], before_tool_callback=block)
    asyncio.run(conversation.say(GO))
    assert conversation.ends == [("send_email", "denied"), ("send_email", "ok"), ("send_email", "denied")]


def test_asynchronous_calls_with_the_same_id_that_run_at_once_are_told_apart() -> None:
    async def wait(query: str) -> str:
        """Wait."""
        await asyncio.sleep(0.05)
        return query

    turn = [Call("wait", {"query": query}, "c0") for query in ("a", "b")]
    conversation = Conversation([turn], tools=[wait])
    asyncio.run(conversation.say(GO))
    assert conversation.ends == [("wait", "ok")] * 2
    assert len({event["input_hash"] for event in conversation.sentinel.events}) == 2


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = run_as_printed(
        "google-adk",
        platform,
        monkeypatch,
        then=lambda names: asyncio.run(drive(names["runner"])),
        agent=agent_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]),
        sessions=InMemorySessionService(),
    )
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]


def test_the_spans_of_the_framework_itself_tell_the_same(platform: Platform) -> None:
    spans_alone(TestPlugin(), platform, knows_id_of_failed=False)


def test_a_run_that_is_attached_and_exports_its_spans_counts_once(platform: Platform) -> None:
    counted_once(TestPlugin(), platform)
