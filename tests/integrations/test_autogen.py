"""The AutoGen adapter against AutoGen, with its own replay model."""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.tools import AgentTool
from autogen_core import FunctionCall
from autogen_core.models import CreateResult, ModelInfo, RequestUsage
from autogen_core.tools import BaseTool
from autogen_ext.models.replay import ReplayChatCompletionClient
from contract import Call, Contract, call, fail, flaky, hang, run_as_printed, search_crm, send_email, stop
from pydantic import BaseModel
from traced import counted_once, spans_alone

from agentsentinel_autogen import SentinelMonitor, instrument, uninstrument
from agentsentinel_sdk import Monitor
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    uninstrument()


TOOLS = (search_crm, send_email, fail, flaky, stop, hang)


def agent_of(
    turns: list[list[Call]], tools: Sequence[Any] = TOOLS, write: Callable[[Any], str] = json.dumps
) -> AssistantAgent:
    usage = RequestUsage(prompt_tokens=0, completion_tokens=0)
    script: list[Any] = [
        CreateResult(
            finish_reason="function_calls",
            content=[FunctionCall(id=one.id, name=one.tool, arguments=write(one.arguments)) for one in turn],
            usage=usage,
            cached=False,
        )
        for turn in turns
    ]
    info = ModelInfo(vision=False, function_calling=True, json_output=False, family="unknown", structured_output=False)
    model = ReplayChatCompletionClient([*script, "done"], model_info=info)
    return AssistantAgent("a", model, tools=list(tools), max_tool_iterations=len(turns) + 1)


class TestInstrument(Contract):
    modes: ClassVar[tuple[str, ...]] = ("async",)

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelMonitor(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelMonitor)
        assert instrument(monitor) is monitor
        result = asyncio.run(agent_of(turns).run(task="go"))
        return str(result.messages[-1].content)  # type: ignore[union-attr]


def test_a_tool_that_is_no_base_tool_is_reported(platform: Platform) -> None:
    """An agent as a tool streams, and does not run through `run_json`; tools of an MCP server neither."""
    inner = agent_of([[call("search_crm", query="Acme")]])
    outer = agent_of([[call("a", task="ask")]], tools=[AgentTool(inner)])
    sentinel = instrument(api_key=platform.admin_key, base_url=platform.url, agent_name=f"ag-{uuid.uuid4().hex}")
    asyncio.run(outer.run(task="go"))
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    assert sorted((event["tool_name"], event["status"]) for event in events) == [("a", "ok"), ("search_crm", "ok")]


def test_arguments_that_are_no_json_are_a_denied_call(platform: Platform) -> None:
    sentinel = instrument(api_key=platform.admin_key, base_url=platform.url, agent_name=f"ag-{uuid.uuid4().hex}")
    asyncio.run(agent_of([[call("search_crm", query="Acme")]], write=lambda _: "{cut").run(task="go"))
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert (event["tool_name"], event["status"]) == ("search_crm", "denied")


def test_attached_twice_a_call_counts_once_and_a_model_that_the_tool_finds_wrong_is_an_error() -> None:
    class Row(BaseModel):
        number: int

    def parse(query: str) -> str:
        """Parse a row."""
        return str(Row.model_validate({"number": query}))

    sentinel = FakeSentinel()
    monitor = SentinelMonitor(reporter=sentinel.reporter())
    assert instrument(monitor) is instrument(monitor)
    asyncio.run(agent_of([[call("parse", query="x")], [call("parse", query="1")]], tools=[parse]).run(task="go"))
    assert monitor.flush(10)
    ends = [("parse", "error"), ("parse", "ok")]
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == ends


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = agent_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]])
    ends = run_as_printed("autogen", platform, monkeypatch, agent=agent, question="go")
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]


def test_uninstrument_leaves_autogen_as_it_was() -> None:
    before = BaseTool.run_json, AssistantAgent._execute_tool_call
    instrument(api_key="as_adm_1", base_url="http://127.0.0.1:9")
    assert BaseTool.run_json is not before[0]
    assert AssistantAgent._execute_tool_call is not before[1]
    uninstrument()
    assert (BaseTool.run_json, AssistantAgent._execute_tool_call) == before


def test_the_spans_of_the_framework_itself_tell_the_same(platform: Platform) -> None:
    spans_alone(TestInstrument(), platform)


def test_a_run_that_is_attached_and_exports_its_spans_counts_once(platform: Platform) -> None:
    counted_once(TestInstrument(), platform)
