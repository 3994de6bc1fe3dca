"""The AutoGen adapter against AutoGen, with its own replay model."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_core import FunctionCall
from autogen_core.models import CreateResult, ModelInfo, RequestUsage
from autogen_core.tools import BaseTool
from autogen_ext.models.replay import ReplayChatCompletionClient
from contract import Call, Contract, fail, search_crm, send_email
from traced import counted_once, spans_alone

from agentsentinel_autogen import SentinelMonitor, instrument, uninstrument
from agentsentinel_sdk import Monitor
from conftest import Platform


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    uninstrument()


def agent_of(turns: list[list[Call]]) -> AssistantAgent:
    usage = RequestUsage(prompt_tokens=0, completion_tokens=0)
    script: list[Any] = [
        CreateResult(
            finish_reason="function_calls",
            content=[FunctionCall(id=one.id, name=one.tool, arguments=json.dumps(one.arguments)) for one in turn],
            usage=usage,
            cached=False,
        )
        for turn in turns
    ]
    info = ModelInfo(vision=False, function_calling=True, json_output=False, family="unknown", structured_output=False)
    model = ReplayChatCompletionClient([*script, "done"], model_info=info)
    return AssistantAgent("a", model, tools=[search_crm, send_email, fail], max_tool_iterations=len(turns) + 1)


class TestInstrument(Contract):
    modes: ClassVar[tuple[str, ...]] = ("async",)
    tells_of_unknown_tools: ClassVar[bool] = False

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelMonitor(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelMonitor)
        assert instrument(monitor) is monitor
        result = asyncio.run(agent_of(turns).run(task="go"))
        return str(result.messages[-1].content)  # type: ignore[union-attr]


def test_uninstrument_leaves_autogen_as_it_was() -> None:
    before = BaseTool.run_json
    instrument(api_key="as_adm_1", base_url="http://127.0.0.1:9")
    assert BaseTool.run_json is not before
    uninstrument()
    assert BaseTool.run_json is before


def test_the_spans_of_the_framework_itself_tell_the_same(platform: Platform) -> None:
    spans_alone(TestInstrument(), platform)


def test_a_run_that_is_attached_and_exports_its_spans_counts_once(platform: Platform) -> None:
    counted_once(TestInstrument(), platform)
