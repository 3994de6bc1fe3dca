"""The LangChain adapter against LangChain and LangGraph."""

import asyncio
import copy
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from contract import Call, Contract, call, fail, flaky, run_as_printed, search_crm, send_email
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool, ToolException
from langgraph.checkpoint.memory import InMemorySaver
from openinference.instrumentation.langchain import LangChainInstrumentor
from traced import counted_once, provide, spans_alone

from agentsentinel_langchain import (
    AsyncSentinelCallbackHandler,
    SentinelCallbackHandler,
    instrument,
    uninstrument,
)
from agentsentinel_sdk import InvalidArgument, Monitor, ScoreUnavailable
from conftest import Platform


class ScriptedModel(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **_: Any) -> "ScriptedModel":
        return self


def said(turn: list[Call]) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": one.tool, "args": one.arguments, "id": one.id} for one in turn])


def agent_of(turns: list[list[Call]], tools: Any = (search_crm, send_email, fail, flaky), **options: Any) -> Any:
    script = iter([*map(said, turns), AIMessage("done")])
    return create_agent(ScriptedModel(messages=script), tools=list(tools), **options)


def run(agent: Any, mode: str, **config: Any) -> str:
    question = {"messages": [{"role": "user", "content": "go"}]}
    result = asyncio.run(agent.ainvoke(question, config)) if mode == "async" else agent.invoke(question, config)
    return str(result["messages"][-1].content)


def retries() -> Any:
    return ToolRetryMiddleware(max_retries=2, initial_delay=0.0, jitter=False)


class TestHandler(Contract):
    failure_ends_run: ClassVar[bool] = True

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelCallbackHandler(verbose=False, **parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        return run(agent_of(turns), mode, callbacks=[monitor])

    def run_with_retry(self, monitor: Monitor, asked: Call, mode: str) -> str:
        return run(agent_of([[asked]], middleware=[retries()]), mode, callbacks=[monitor])


class TestAsyncHandler(TestHandler):
    modes: ClassVar[tuple[str, ...]] = ("async", "sync")

    def monitor(self, **parameters: Any) -> Monitor:
        return AsyncSentinelCallbackHandler(verbose=False, **parameters)


class TestSwitch(TestHandler):
    """Attached to the process, and to nothing else."""

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelCallbackHandler)
        assert instrument(monitor) is instrument() is monitor
        try:
            return run(agent_of(turns), mode)
        finally:
            uninstrument()

    def run_with_retry(self, monitor: Monitor, asked: Call, mode: str) -> str:
        assert isinstance(monitor, SentinelCallbackHandler)
        instrument(monitor)
        try:
            return run(agent_of([[asked]], middleware=[retries()]), mode)
        finally:
            uninstrument()


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = run_as_printed(
        "langchain",
        platform,
        monkeypatch,
        agent=agent_of([[call("search_crm", query="Acme")], [call("send_email", to="anna")]]),
        question={"messages": [{"role": "user", "content": "go"}]},
    )
    assert ends == [("search_crm", "ok"), ("send_email", "ok")]


def handler(platform: Platform, **parameters: Any) -> SentinelCallbackHandler:
    return SentinelCallbackHandler(platform.admin_key, platform.url, **parameters)


def test_the_lines_are_those_of_the_documentation(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    sentinel = handler(platform, agent_name=(name := f"lines-{uuid.uuid4().hex}"))
    run(
        agent_of([[call("search_crm", query="Acme")], [call("search_crm", query="Acme")]]), "sync", callbacks=[sentinel]
    )
    assert sentinel.flush(10)
    assert capsys.readouterr().out == (
        f"[sentinel] Registered agent: {sentinel.reporter.agent_id()} ({name})\n"
        "[sentinel] tool=search_crm                     anomaly=0.900 ⚠️\n"
        "[sentinel] tool=search_crm                     anomaly=0.700 ⚠️\n"
    )


def test_the_trust_score_has_the_keys_of_the_api(platform: Platform) -> None:
    sentinel = handler(platform, agent_name="score", verbose=False)
    run(agent_of([[call("search_crm", query="Acme")]]), "sync", callbacks=[sentinel])
    score = sentinel.get_trust_score()
    assert score is not None
    assert score == platform.get(f"agents/{sentinel.reporter.agent_id()}/score") | score
    assert set(score) >= {"trust_score", "posture_score", "behavior_score", "status", "findings_count"}


def test_a_score_that_cannot_be_had_is_an_error_of_the_sdk_and_no_key_is_said_at_once() -> None:
    sentinel = SentinelCallbackHandler("as_adm_1", "http://127.0.0.1:9", verbose=False)
    with pytest.raises(ScoreUnavailable, match="does not answer"):
        sentinel.get_trust_score(timeout=0.5)
    sentinel.print_trust_score()
    with pytest.raises(InvalidArgument):
        SentinelCallbackHandler(api_key="")


def test_an_error_that_was_handled_is_an_error(platform: Platform) -> None:
    def refuse(query: str) -> str:
        """Refuse."""
        raise ToolException(query)

    tool = StructuredTool.from_function(refuse, handle_tool_error=True)
    sentinel = handler(platform, agent_name=f"handled-{uuid.uuid4().hex}", verbose=False)
    assert run(agent_of([[call("refuse", query="x")]], [tool]), "sync", callbacks=[sentinel]) == "done"
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert event["status"] == "error"


def test_a_conversation_is_a_session(platform: Platform) -> None:
    sentinel = handler(platform, agent_name=f"threads-{uuid.uuid4().hex}", verbose=False)
    agent = agent_of([[call("search_crm", query="Acme")]], checkpointer=InMemorySaver())
    run(agent, "sync", callbacks=[sentinel], configurable={"thread_id": "conversation-7"})
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert event["session_id"] == "conversation-7"


def test_attached_twice_a_call_counts_once(platform: Platform) -> None:
    sentinel = handler(platform, agent_name=f"twice-{uuid.uuid4().hex}", verbose=False)
    instrument(sentinel)
    try:
        run(agent_of([[call("search_crm", query="Acme")]]), "sync", callbacks=[sentinel])
    finally:
        uninstrument()
    assert sentinel.flush(10)
    assert len(platform.events(str(sentinel.reporter.agent_id()))) == 1


def test_a_tool_that_is_called_without_an_agent_is_reported(platform: Platform) -> None:
    sentinel = handler(platform, agent_name=f"bare-{uuid.uuid4().hex}", verbose=False)
    tool = StructuredTool.from_function(search_crm)
    tool.invoke({"query": "Acme"}, config={"callbacks": [sentinel]})
    assert sentinel.flush(10)
    (event,) = platform.events(str(sentinel.reporter.agent_id()))
    assert (event["tool_name"], event["tool_call_id"]) == ("search_crm", None)


def test_it_can_be_copied_as_frameworks_do() -> None:
    sentinel = SentinelCallbackHandler("as_adm_1", "http://127.0.0.1:9", verbose=False)
    assert copy.deepcopy([sentinel]) == [sentinel]


@pytest.fixture
def openinference() -> Iterator[None]:
    """LangChain under OpenInference's instrumentor."""
    instrumentor = LangChainInstrumentor()
    provide()
    instrumentor.instrument()
    yield
    instrumentor.uninstrument()


def test_the_spans_of_openinference_tell_the_same(platform: Platform, openinference: None) -> None:
    spans_alone(TestHandler(), platform)


def test_a_run_that_is_attached_and_exports_its_spans_counts_once(platform: Platform, openinference: None) -> None:
    counted_once(TestHandler(), platform)
