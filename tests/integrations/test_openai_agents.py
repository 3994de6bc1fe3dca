"""The adapter of the OpenAI Agents SDK against the real one, with its own scripted model."""

import asyncio
import json
from typing import Any, ClassVar

import pytest
from agents import Agent, Runner, function_tool, set_trace_processors
from agents.testing import ScriptedModel
from agents.testing.model import assistant_message, function_call
from contract import Call, Contract, call, fail, search_crm, send_email

from agentsentinel_openai_agents import SentinelProcessor
from agentsentinel_sdk import Monitor
from conftest import Platform


@pytest.fixture(autouse=True)
def _no_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def agent_of(turns: list[list[Call]]) -> Agent[Any]:
    script: list[Any] = [
        [function_call(one.tool, json.dumps(one.arguments), call_id=one.id) for one in turn] for turn in turns
    ]
    tools = [function_tool(tool) for tool in (search_crm, send_email, fail)]
    return Agent(name="a", model=ScriptedModel([*script, [assistant_message("done")]]), tools=list(tools))


def run(agent: Agent[Any], mode: str) -> str:
    if mode == "sync":
        asyncio.set_event_loop(asyncio.new_event_loop())
        return str(Runner.run_sync(agent, "go").final_output)
    return str(asyncio.run(Runner.run(agent, "go")).final_output)


class TestProcessor(Contract):
    has_call_ids: ClassVar[bool] = False
    tells_of_unknown_tools: ClassVar[bool] = False

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelProcessor(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelProcessor)
        set_trace_processors([monitor])
        return run(agent_of(turns), mode)


def test_calls_of_one_run_share_a_session(platform: Platform) -> None:
    sentinel = SentinelProcessor(platform.admin_key, platform.url, "oai-sessions")
    set_trace_processors([sentinel])
    for _ in range(2):
        run(agent_of([[call("search_crm", query="a")], [call("send_email", to="b")]]), "async")
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    sessions = [event["session_id"] for event in events]
    assert len(sessions) == 4
    assert len(set(sessions)) == 2
    assert all(session.startswith("trace_") for session in sessions)
