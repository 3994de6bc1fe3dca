"""The adapter of Google ADK against ADK, with a model that speaks from a script."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, flaky, run_as_printed, search_crm, send_email
from google.adk.agents import LlmAgent
from google.adk.apps import App
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.plugins.reflect_retry_tool_plugin import ReflectAndRetryToolPlugin
from google.adk.runners import InMemoryRunner, Runner
from google.adk.sessions import InMemorySessionService
from google.genai import types
from traced import counted_once, spans_alone

from agentsentinel_google_adk import SentinelPlugin
from agentsentinel_sdk import Monitor
from conftest import Platform


class ScriptedModel(BaseLlm):
    script: list[Any]

    async def generate_content_async(self, *_: Any, **__: Any) -> AsyncGenerator[LlmResponse, None]:
        yield LlmResponse(content=types.Content(role="model", parts=self.script.pop(0)))


def part(one: Call) -> types.Part:
    return types.Part(function_call=types.FunctionCall(id=one.id, name=one.tool, args=one.arguments))


def agent_of(turns: list[list[Call]]) -> LlmAgent:
    script = [*([part(one) for one in turn] for turn in turns), [types.Part(text="done")]]
    model = ScriptedModel(model="m", script=script)
    return LlmAgent(name="a", model=model, tools=[search_crm, send_email, fail, flaky])


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

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelPlugin(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        return run(turns, monitor)

    def run_with_retry(self, monitor: Monitor, asked: Call, mode: str) -> str:
        turns = [[asked], [call(asked.tool, **asked.arguments)]]
        return run(turns, monitor, ReflectAndRetryToolPlugin(max_retries=2))


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
