"""The adapter of the OpenAI Agents SDK against the real one: its models over a transport that speaks from a script."""

import asyncio
import json
import uuid
from typing import Any, ClassVar

import httpx2
import pytest
from agents import (
    Agent,
    Model,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
    set_trace_processors,
)
from agents.testing import ScriptedModel
from agents.testing.model import assistant_message, function_call
from contract import Call, Contract, call, fail, flaky, run_as_printed, search_crm, send_email
from openai import AsyncOpenAI

from agentsentinel_openai_agents import SentinelProcessor
from agentsentinel_sdk import Monitor
from conftest import Platform


@pytest.fixture(autouse=True)
def _no_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def scripted(turns: list[list[Call]]) -> Model:
    script: list[Any] = [
        [function_call(one.tool, json.dumps(one.arguments), call_id=one.id) for one in turn] for turn in turns
    ]
    return ScriptedModel([*script, [assistant_message("done")]])


def client(answers: list[dict[str, Any]]) -> AsyncOpenAI:
    script = iter(answers)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=next(script)))
    return AsyncOpenAI(api_key="none", http_client=httpx2.AsyncClient(transport=transport))


def responses(turns: list[list[Call]]) -> Model:
    said = {"type": "output_text", "text": "done", "annotations": []}
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [said]}
    asked = [
        [
            {
                "type": "function_call",
                "id": f"fc_{one.id}",
                "call_id": one.id,
                "name": one.tool,
                "arguments": json.dumps(one.arguments),
            }
            for one in turn
        ]
        for turn in turns
    ]
    frame = {"id": "r", "object": "response", "created_at": 1, "model": "m", "status": "completed"}
    choice = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    answers = [{**frame, **choice, "output": output} for output in [*asked, [message]]]
    return OpenAIResponsesModel(model="m", openai_client=client(answers))


def completions(turns: list[list[Call]]) -> Model:
    asked = [
        [
            {"id": one.id, "type": "function", "function": {"name": one.tool, "arguments": json.dumps(one.arguments)}}
            for one in turn
        ]
        for turn in turns
    ]
    messages = [*({"role": "assistant", "content": None, "tool_calls": calls} for calls in asked)]
    messages.append({"role": "assistant", "content": "done"})
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    frame = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage}
    answers = [{**frame, "choices": [{"index": 0, "finish_reason": "stop", "message": one}]} for one in messages]
    return OpenAIChatCompletionsModel(model="m", openai_client=client(answers))


def agent_of(model: Model) -> Agent[Any]:
    tools = [function_tool(tool) for tool in (search_crm, send_email, fail, flaky)]
    return Agent(name="a", model=model, tools=list(tools))


def run(agent: Agent[Any], mode: str, **config: Any) -> str:
    settings = RunConfig(**config)
    if mode == "sync":
        asyncio.set_event_loop(asyncio.new_event_loop())
        return str(Runner.run_sync(agent, "go", run_config=settings).final_output)
    return str(asyncio.run(Runner.run(agent, "go", run_config=settings)).final_output)


class TestProcessor(Contract):
    unknown_ends_run: ClassVar[bool] = True
    takes_an_id_twice: ClassVar[bool] = False
    config: ClassVar[dict[str, Any]] = {}

    def model(self, turns: list[list[Call]]) -> Model:
        return responses(turns)

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelProcessor(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelProcessor)
        set_trace_processors([monitor])
        return run(agent_of(self.model(turns)), mode, **self.config)


class TestChatCompletions(TestProcessor):
    modes: ClassVar[tuple[str, ...]] = ("async",)
    unknown_ends_run: ClassVar[bool] = False
    config: ClassVar[dict[str, Any]] = {"tool_not_found_behavior": "return_error_to_model"}

    def model(self, turns: list[list[Call]]) -> Model:
        return completions(turns)


class TestAnyModel(TestProcessor):
    """A model that tells its traces nothing: the SDK's own for tests."""

    modes: ClassVar[tuple[str, ...]] = ("async",)
    has_call_ids: ClassVar[bool] = False

    def model(self, turns: list[list[Call]]) -> Model:
        return scripted(turns)


def test_a_call_that_a_person_rejects_is_denied(platform: Platform) -> None:
    sentinel = SentinelProcessor(platform.admin_key, platform.url, "oai-rejected")
    set_trace_processors([sentinel])
    tool = function_tool(send_email, needs_approval=True)
    script = [[call("send_email", to="anna")], [call("send_email", to="bert")]]
    agent: Agent[Any] = Agent(name="a", model=responses(script), tools=[tool])

    async def go() -> None:
        waiting = await Runner.run(agent, "go")
        state = waiting.to_state()
        state.reject(waiting.interruptions[0], always_reject=True)
        await Runner.run(agent, state)

    asyncio.run(go())
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    assert events[-1]["status"] == "denied"


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    set_trace_processors([])  # the SDK's own would send to OpenAI
    agent = agent_of(responses([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]))
    ends = run_as_printed("openai-agents", platform, monkeypatch, agent=agent, question="go")
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]


def test_calls_of_one_run_share_a_session(platform: Platform) -> None:
    sentinel = SentinelProcessor(platform.admin_key, platform.url, f"oai-sessions-{uuid.uuid4().hex}")
    set_trace_processors([sentinel])
    for _ in range(2):
        run(agent_of(responses([[call("search_crm", query="a")], [call("send_email", to="b")]])), "async")
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    sessions = [event["session_id"] for event in events]
    assert len(sessions) == 4
    assert len(set(sessions)) == 2
    assert all(session.startswith("trace_") for session in sessions)
