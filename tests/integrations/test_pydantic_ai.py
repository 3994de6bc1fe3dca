"""The PydanticAI adapter against PydanticAI, with its own function model."""

import asyncio
import uuid
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, flaky, run_as_printed, search_crm, send_email
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

from agentsentinel_pydantic_ai import SentinelCapability
from agentsentinel_sdk import Monitor
from conftest import Platform


def retried(query: str) -> str:
    """Find a customer, and ask for another attempt when that fails."""
    try:
        return flaky(query)
    except ConnectionError as error:
        raise ModelRetry(str(error)) from error


retried.__name__ = "flaky"
TOOLS = (search_crm, send_email, fail, retried)


def model_of(turns: list[list[Call]]) -> FunctionModel:
    script = [*([ToolCallPart(one.tool, one.arguments, tool_call_id=one.id) for one in turn] for turn in turns)]

    def speak(*_: Any) -> ModelResponse:
        return ModelResponse(parts=script.pop(0) if script else [TextPart("done")])

    return FunctionModel(speak)


def agent_of(turns: list[list[Call]], monitor: Monitor, tools: Any = TOOLS) -> Any:
    return Agent(model_of(turns), tools=list(tools), capabilities=[monitor], retries=3)


class TestCapability(Contract):
    failure_ends_run: ClassVar[bool] = True

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelCapability(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        agent = agent_of(turns, monitor)
        if mode == "sync":
            asyncio.set_event_loop(asyncio.new_event_loop())
            return str(agent.run_sync("go").output)
        return str(asyncio.run(agent.run("go")).output)


def test_arguments_that_are_not_acceptable_are_a_denied_call_and_a_wish_for_a_retry_an_error(
    platform: Platform,
) -> None:
    def picky(query: str) -> str:
        if query == "bad":
            raise ModelRetry("another, please")
        return "fine"

    sentinel = SentinelCapability(platform.admin_key, platform.url, f"pai-retries-{uuid.uuid4().hex}")
    turns = [[call("picky", wrong=1)], [call("picky", query="bad")], [call("picky", query="good")]]
    assert asyncio.run(agent_of(turns, sentinel, [picky]).run("go")).output == "done"
    assert sentinel.flush(10)
    events = platform.events(str(sentinel.reporter.agent_id()))
    assert [event["status"] for event in events] == ["denied", "error", "ok"]
    assert len({event["session_id"] for event in events}) == 1


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    ends = run_as_printed(
        "pydantic-ai",
        platform,
        monkeypatch,
        model=model_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]),
        search_crm=search_crm,
        send_email=send_email,
        question="go",
    )
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]
