"""The PydanticAI adapter against PydanticAI, with its own function model."""

import asyncio
import uuid
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contract import (
    Call,
    Contract,
    call,
    fail,
    flaky,
    hang,
    in_a_new_process,
    run_as_printed,
    search_crm,
    send_email,
    stop,
)
from pydantic_ai import (
    Agent,
    ApprovalRequired,
    CallDeferred,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    RunContext,
    Tool,
    ToolApproved,
    ToolDenied,
)
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

from agentsentinel_pydantic_ai import SentinelCapability
from agentsentinel_sdk import Monitor
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform


def retried(query: str) -> str:
    """Find a customer, and ask for another attempt when that fails."""
    try:
        return flaky(query)
    except ConnectionError as error:
        raise ModelRetry(str(error)) from error


retried.__name__ = "flaky"
TOOLS = (search_crm, send_email, fail, retried, stop, hang)


def model_of(turns: list[list[Call]]) -> FunctionModel:
    script = [*([ToolCallPart(one.tool, one.arguments, tool_call_id=one.id) for one in turn] for turn in turns)]

    def speak(*_: Any) -> ModelResponse:
        return ModelResponse(parts=script.pop(0) if script else [TextPart("done")])

    return FunctionModel(speak)


def agent_of(turns: list[list[Call]], monitor: Monitor, tools: Any = TOOLS) -> Any:
    return Agent(model_of(turns), tools=list(tools), capabilities=[monitor], retries=3)


class TestCapability(Contract):
    failure_ends_run: ClassVar[bool] = True
    takes_equal_ids: ClassVar[bool] = False

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


def test_a_tool_that_takes_longer_than_it_may_is_an_error_at_each_attempt() -> None:
    async def dawdle(query: str) -> str:
        await asyncio.sleep(60 if query == "slow" else 0)
        return query

    sentinel = FakeSentinel()
    capability = SentinelCapability(reporter=sentinel.reporter())
    turns = [[call("dawdle", query="slow")], [call("dawdle", query="fast")]]
    assert asyncio.run(agent_of(turns, capability, [Tool(dawdle, timeout=0.05)]).run("go")).output == "done"
    assert capability.flush(10)
    assert [event["status"] for event in sentinel.events] == ["error", "ok"]


def careful(ctx: RunContext[Any], path: str) -> str:
    """Delete a file once that is approved."""
    if not ctx.tool_call_approved:
        raise ApprovalRequired
    return f"deleted {path}"


def delete(path: str) -> str:
    """Delete a file."""
    return f"deleted {path}"


@pytest.mark.parametrize("tool", [Tool(careful), Tool(delete, requires_approval=True)])
@pytest.mark.parametrize(
    ("answer", "status"),
    [(True, "ok"), (ToolApproved(override_args={"path": "b"}), "ok"), (ToolDenied("no"), "denied")],
)
def test_a_call_that_waits_for_a_person_is_reported_when_it_has_an_answer(tool: Any, answer: Any, status: str) -> None:
    sentinel = FakeSentinel()
    asked = call(tool.name, path="a")

    def agent(turns: list[list[Call]]) -> tuple[Any, SentinelCapability]:
        capability = SentinelCapability(reporter=sentinel.reporter())
        output = [str, DeferredToolRequests]
        return Agent(model_of(turns), tools=[tool], capabilities=[capability], output_type=output), capability

    first, capability = agent([[asked]])
    waiting = asyncio.run(first.run("go"))
    assert capability.flush(10)
    assert (sentinel.events, capability.calls.open_calls) == ([], 0)
    later, capability = agent([])  # as in another process
    results = DeferredToolResults(approvals={asked.id: answer})
    asyncio.run(later.run(message_history=waiting.all_messages(), deferred_tool_results=results))
    assert capability.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [(tool.name, status)]
    assert sentinel.events[0]["tool_call_id"] == asked.id


def converse(url: str, key: str, memory: str, answer: str = "") -> None:
    """One of a conversation's processes: it asks a person, or hears the answer."""
    file, asked = Path(memory), Call("delete", {"path": "a"}, "call_1")
    agent: Any = Agent(
        model_of([] if answer else [[asked]]),
        tools=[Tool(delete, requires_approval=True)],
        capabilities=[SentinelCapability(key, url)],
        output_type=[str, DeferredToolRequests],
    )
    if not answer:
        file.write_bytes(asyncio.run(agent.run("go")).all_messages_json())
        return
    history = ModelMessagesTypeAdapter.validate_json(file.read_bytes())
    results = DeferredToolResults(approvals={asked.id: answer == "approve"})
    assert asyncio.run(agent.run(message_history=history, deferred_tool_results=results)).output == "done"


@pytest.mark.parametrize(("answer", "status"), [("approve", "ok"), ("reject", "denied")])
def test_a_call_that_waits_is_reported_once_by_the_process_that_hears_the_answer(
    platform: Platform, tmp_path: Path, answer: str, status: str
) -> None:
    agent_id, key = platform.new_agent()
    memory = str(tmp_path / "messages.json")
    in_a_new_process(converse, platform.url, key, memory)
    assert platform.events(agent_id) == []
    in_a_new_process(converse, platform.url, key, memory, answer)
    (event,) = platform.events(agent_id)
    assert (event["tool_name"], event["status"], event["tool_call_id"]) == ("delete", status, "call_1")


def test_a_call_that_is_carried_out_elsewhere_is_not_reported_here() -> None:
    def later(query: str) -> str:
        """Find a customer tomorrow."""
        raise CallDeferred

    sentinel = FakeSentinel()
    capability = SentinelCapability(reporter=sentinel.reporter())
    script = model_of([[call("later", query="x")]])
    agent: Any = Agent(script, tools=[later], capabilities=[capability], output_type=[str, DeferredToolRequests])
    asyncio.run(agent.run("go"))
    assert capability.flush(10)
    assert sentinel.events == []


def test_attached_twice_a_call_counts_once() -> None:
    sentinel = FakeSentinel()
    capability = SentinelCapability(reporter=sentinel.reporter())
    turns = [[call("search_crm", query="x")], [call("made_up", query="x")], [call("search_crm")]]
    agent = Agent(model_of(turns), tools=[search_crm], capabilities=[capability] * 2, retries=3)
    asyncio.run(agent.run("go"))
    assert capability.flush(10)
    ends = [("search_crm", "ok"), ("made_up", "denied"), ("search_crm", "denied")]
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == ends


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
