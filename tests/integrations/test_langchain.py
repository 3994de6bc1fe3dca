"""The LangChain adapter against LangChain and LangGraph."""

import asyncio
import contextlib
import copy
import json
import os
import pickle
import shlex
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

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
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ToolRetryMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, StructuredTool, ToolException
from langchain_core.tools import tool as tool_of
from langchain_mcp_adapters.client import MultiServerMCPClient
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from openinference.instrumentation.langchain import LangChainInstrumentor
from pydantic import BaseModel
from traced import counted_once, provide, spans_alone

from agentsentinel_langchain import (
    AsyncSentinelCallbackHandler,
    SentinelCallbackHandler,
    instrument,
    uninstrument,
)
from agentsentinel_sdk import InvalidArgument, Monitor, ScoreUnavailable, hash_payload
from agentsentinel_sdk.testing import FakeSentinel
from conftest import SENTINEL, Platform


class ScriptedModel(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **_: Any) -> "ScriptedModel":
        return self


def said(turn: list[Call]) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": one.tool, "args": one.arguments, "id": one.id} for one in turn])


def agent_of(
    turns: list[list[Call]], tools: Any = (search_crm, send_email, fail, flaky, stop, hang), **options: Any
) -> Any:
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


@pytest.mark.long
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


class Conversation:
    """A thread whose every turn has a handler of its own, as in a web server, or one for all of them."""

    def __init__(self, turns: list[list[Call]], tools: Any, *, new_handlers: bool = True, **options: Any) -> None:
        self.sentinel = FakeSentinel()
        self._agent = agent_of(turns, tools, checkpointer=InMemorySaver(), **options)
        self._new_handlers = new_handlers
        self._handler = self._new_handler()

    def _new_handler(self) -> SentinelCallbackHandler:
        return SentinelCallbackHandler(reporter=self.sentinel.reporter(), verbose=False)

    def say(self, given: Any, mode: str = "sync") -> None:
        if self._new_handlers:
            self._handler = self._new_handler()
        config = {"configurable": {"thread_id": "t"}, "callbacks": [self._handler]}
        if mode == "async":
            asyncio.run(self._agent.ainvoke(given, config))
        else:
            self._agent.invoke(given, config)
        assert self._handler.flush(10)
        assert self._handler.calls.open_calls == 0

    @property
    def ends(self) -> list[tuple[str, str]]:
        return [(event["tool_name"], event["status"]) for event in self.sentinel.events]


GO = {"messages": [{"role": "user", "content": "go"}]}


@pytest.mark.parametrize("new_handlers", [True, False])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_tool_that_waits_for_a_person_is_reported_once_it_has_run(way: str, new_handlers: bool) -> None:
    def wire(to: str) -> str:
        """Send money."""
        return f"{interrupt('may I?')} to {to}"

    conversation = Conversation([[call("wire", to="bob")]], [wire], new_handlers=new_handlers)
    conversation.say(GO, way)
    assert conversation.ends == []
    conversation.say(Command(resume="sent"), way)
    assert conversation.ends == [("wire", "ok")]
    assert conversation.sentinel.events[0]["output_hash"] == hash_payload("sent to bob")


REJECTION = {"type": "reject", "message": "no"}


@pytest.mark.parametrize("new_handlers", [True, False])
@pytest.mark.parametrize(
    ("decision", "tool", "status", "recipient"),
    [
        ({"type": "approve"}, "send_email", "ok", "bob"),
        (REJECTION, "send_email", "denied", "bob"),
        ({"type": "edit", "edited_action": {"name": "send_email", "args": {"to": "eve"}}}, "send_email", "ok", "eve"),
    ],
)
def test_what_a_person_decides_of_a_call_is_its_one_event(
    decision: Any, tool: str, status: str, recipient: str, new_handlers: bool
) -> None:
    gate = HumanInTheLoopMiddleware(interrupt_on={"send_email": True})
    asked = call("send_email", to="bob")
    conversation = Conversation([[asked]], [send_email], new_handlers=new_handlers, middleware=[gate])
    conversation.say(GO)
    assert conversation.ends == []
    conversation.say(Command(resume={"decisions": [decision]}))
    assert conversation.ends == [(tool, status)]
    (event,) = conversation.sentinel.events
    assert event["tool_call_id"] == asked.id
    assert event["input_hash"] == hash_payload({"to": recipient})


def converse(url: str, key: str, memory: str, decision: str = "") -> None:
    """One of a thread's processes: it asks a person, or hears what that person has decided."""
    saver, file = InMemorySaver(), Path(memory)
    if decision:
        storage, writes, blobs = pickle.loads(file.read_bytes())
        for thread, checkpoints in storage.items():
            saver.storage[thread].update(checkpoints)
        saver.writes.update(writes)
        saver.blobs.update(blobs)
    gate = HumanInTheLoopMiddleware(interrupt_on={"send_email": True})
    turns = [] if decision else [[Call("send_email", {"to": "bob"}, "call_1")]]
    agent = agent_of(turns, [send_email], checkpointer=saver, middleware=[gate])
    sentinel = SentinelCallbackHandler(key, url, verbose=False)
    given = Command(resume={"decisions": [json.loads(decision)]}) if decision else GO
    agent.invoke(given, {"configurable": {"thread_id": "t"}, "callbacks": [sentinel]})
    storage = {thread: dict(checkpoints) for thread, checkpoints in saver.storage.items()}
    file.write_bytes(pickle.dumps((storage, dict(saver.writes), dict(saver.blobs))))


@pytest.mark.parametrize(("decision", "status"), [({"type": "approve"}, "ok"), (REJECTION, "denied")])
def test_a_call_that_waits_is_reported_once_by_the_process_that_hears_the_answer(
    platform: Platform, tmp_path: Path, decision: Any, status: str
) -> None:
    agent_id, key = platform.new_agent()
    memory = str(tmp_path / "checkpoints")
    in_a_new_process(converse, platform.url, key, memory)
    assert platform.events(agent_id) == []
    in_a_new_process(converse, platform.url, key, memory, json.dumps(decision))
    (event,) = platform.events(agent_id)
    assert (event["tool_name"], event["status"], event["tool_call_id"]) == ("send_email", status, "call_1")


def test_of_two_calls_with_one_id_the_one_that_was_refused_is_denied() -> None:
    gate = HumanInTheLoopMiddleware(interrupt_on={"send_email": True})
    turn = [Call("send_email", {"to": "bob"}, ""), Call("search_crm", {"query": "bob"}, "")]
    conversation = Conversation([turn], [send_email, search_crm], new_handlers=False, middleware=[gate])
    conversation.say(GO)
    conversation.say(Command(resume={"decisions": [REJECTION]}))
    assert ("send_email", "denied") in conversation.ends
    assert len(set(conversation.ends)) == len(conversation.ends)


@pytest.mark.parametrize("kind", [SentinelCallbackHandler, AsyncSentinelCallbackHandler])
def test_a_tool_in_a_step_that_takes_longer_than_it_may_is_one_error(kind: Any) -> None:
    async def dawdle(query: str) -> str:
        """Take long."""
        await asyncio.sleep(60)
        return query

    sentinel = FakeSentinel()
    handler = kind(reporter=sentinel.reporter(), verbose=False)
    agent = agent_of([[call("dawdle", query="a"), call("dawdle", query="b")]], [tool_of(dawdle)])
    agent.step_timeout = 0.5
    with pytest.raises(TimeoutError):
        run(agent, "async", callbacks=[handler])
    assert handler.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("dawdle", "error")] * 2
    assert handler.calls.open_calls == 0


def test_a_thread_that_goes_on_elsewhere_reports_nothing_of_its_past() -> None:
    turns = [[call("made_up", query="x")], [call("search_crm", query="Acme")]]
    conversation = Conversation(turns, [search_crm])
    conversation.say(GO)
    assert conversation.ends == [("made_up", "denied"), ("search_crm", "ok")]
    conversation._agent = agent_of([[call("search_crm", query="Globex")]], [search_crm], checkpointer=False)
    history = [
        AIMessage("", tool_calls=[{"name": "made_up", "args": {"query": "x"}, "id": "old"}]),
        ToolMessage("not found", tool_call_id="old", name="made_up", status="error"),
        HumanMessage("go on"),
    ]
    conversation.say({"messages": history})
    assert conversation.ends[2:] == [("search_crm", "ok")]


@pytest.mark.parametrize("status", ["success", "error"])
def test_the_result_of_a_command_is_the_message_in_it(status: Any) -> None:
    def update(query: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Update the state."""
        return Command(update={"messages": [ToolMessage("the same", tool_call_id=tool_call_id, status=status)]})

    turns = [[call("update", query="a")], [call("update", query="b")]]
    conversation = Conversation(turns, [tool_of(update)])
    conversation.say(GO)
    assert conversation.ends == [("update", "ok" if status == "success" else "error")] * 2
    assert {event["output_hash"] for event in conversation.sentinel.events} == {hash_payload("the same")}


def test_a_hand_over_to_another_agent_is_a_call_that_went_well() -> None:
    def transfer(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Hand over to Bob."""
        message = ToolMessage("handed over", tool_call_id=tool_call_id)
        return Command(goto="bob", graph=Command.PARENT, update={"messages": [message]})

    sentinel = FakeSentinel()
    handler = SentinelCallbackHandler(reporter=sentinel.reporter(), verbose=False)
    graph = StateGraph(MessagesState)
    graph.add_node("alice", agent_of([[call("transfer")]], [tool_of(transfer)], name="alice"))
    graph.add_node("bob", agent_of([], [], name="bob"))
    graph.add_edge(START, "alice")
    graph.compile().invoke(GO, {"callbacks": [handler]})  # type: ignore[call-overload]
    assert handler.flush(10)
    assert [(event["tool_name"], event["status"]) for event in sentinel.events] == [("transfer", "ok")]


def test_a_model_that_a_tool_itself_finds_wrong_is_an_error_and_no_refusal() -> None:
    class Row(BaseModel):
        number: int

    def parse(query: str) -> str:
        """Parse a row."""
        return str(Row.model_validate({"number": query}))

    conversation = Conversation([[call("parse", query="x")]], [parse])
    conversation.say(GO)
    assert conversation.ends == [("parse", "error")]


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


@contextlib.contextmanager
def shim(platform: Platform, agent_name: str, folder: Path) -> Iterator[str]:
    """Run the shim in front of an MCP server until the block ends; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = [sys.executable, str(Path(__file__).parents[1] / "shim" / "mcp_programs" / "greeter.py"), "stdio"]
    options = ["--upstream-cmd", shlex.join(server), "--agent-name", agent_name, "--team", "desk", "--port", str(port)]
    variables = {
        "SENTINEL_URL": platform.url,
        "AGENTSENTINEL_API_KEY": platform.admin_key,
        "AGENTSENTINEL_SPOOL": str(folder / "spool"),
    }
    command = [os.environ[SENTINEL], "shim", *options]
    with subprocess.Popen(command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert any("Point your agent here" in line for line in process.stdout)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


def test_a_call_that_the_shim_reports_as_well_counts_once(platform: Platform, tmp_path: Path) -> None:
    name = f"shimmed-{uuid.uuid4().hex}"
    turns = [
        [call("greet", who="Ann")],
        [call("greet", who="Bob"), call("greet", who="Bob"), call("wait", seconds=0.2)],
        [call("greet", who="Ann")],
        [call("fail", why="no")],
    ]
    sentinel = handler(platform, agent_name=name, owner_team="desk", verbose=False)

    async def converse(url: str) -> None:
        client = MultiServerMCPClient({"greeter": {"transport": "streamable_http", "url": url}})
        agent = agent_of(turns, tools=await client.get_tools())
        with contextlib.suppress(ToolException):
            await agent.ainvoke(GO, config={"callbacks": [sentinel]})

    with shim(platform, name, tmp_path) as url:
        asyncio.run(converse(url))
        assert sentinel.flush(10)
    agent_id = str(sentinel.reporter.agent_id())
    events = platform.events(agent_id)
    assert sorted((event["tool_name"], event["status"]) for event in events) == [
        ("fail", "error"),
        *[("greet", "ok")] * 4,
        ("wait", "ok"),
    ]
    assert sentinel.reporter.stats.delivered == 6
    grants = platform.get(f"agents/{agent_id}")["grants"]
    assert {(grant["server_name"], grant["origin"]) for grant in grants} == {("greeter", "listed")}
