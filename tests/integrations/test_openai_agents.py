"""The adapter of the OpenAI Agents SDK against the real one: its models over a transport that speaks from a script."""

import asyncio
import json
import uuid
from contextlib import suppress
from pathlib import Path
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
    RunState,
    function_tool,
    set_trace_processors,
    set_tracing_disabled,
)
from agents.testing import ScriptedModel
from agents.testing.model import assistant_message, function_call
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
from openai import AsyncOpenAI

from agentsentinel_openai_agents import SentinelProcessor, instrument
from agentsentinel_sdk import Monitor, hash_payload
from agentsentinel_sdk.testing import FakeSentinel
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
    tools = [function_tool(tool) for tool in (search_crm, send_email, fail, flaky, stop, hang)]
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
    takes_equal_ids: ClassVar[bool] = False
    config: ClassVar[dict[str, Any]] = {}

    def model(self, turns: list[list[Call]]) -> Model:
        return responses(turns)

    def monitor(self, **parameters: Any) -> Monitor:
        return SentinelProcessor(**parameters)

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        assert isinstance(monitor, SentinelProcessor)
        set_trace_processors([monitor])
        return run(agent_of(self.model(turns)), mode, **self.config)


@pytest.mark.long
class TestChatCompletions(TestProcessor):
    modes: ClassVar[tuple[str, ...]] = ("async",)
    unknown_ends_run: ClassVar[bool] = False
    config: ClassVar[dict[str, Any]] = {"tool_not_found_behavior": "return_error_to_model"}

    def model(self, turns: list[list[Call]]) -> Model:
        return completions(turns)


@pytest.mark.long
class TestAnyModel(TestProcessor):
    """A model that tells its traces nothing: the SDK's own for tests."""

    modes: ClassVar[tuple[str, ...]] = ("async",)
    has_ids_of_unknown: ClassVar[bool] = False

    def arguments_of_unknown(self, arguments: dict[str, Any]) -> object:
        return None

    def model(self, turns: list[list[Call]]) -> Model:
        return scripted(turns)


class Conversation:
    """Runs whose calls are reported to a server in memory."""

    def __init__(self, *, sensitive: bool = True) -> None:
        self.sentinel = FakeSentinel()
        self.processor = SentinelProcessor(reporter=self.sentinel.reporter())
        set_trace_processors([self.processor])
        self._config = RunConfig(trace_include_sensitive_data=sensitive)

    async def run(self, agent: Agent[Any], given: Any) -> Any:
        return await Runner.run(agent, given, run_config=self._config)

    def forget(self) -> None:
        """Go on as another process would."""
        self.processor = SentinelProcessor(reporter=self.sentinel.reporter())
        set_trace_processors([self.processor])

    @property
    def ends(self) -> list[tuple[str, str]]:
        assert self.processor.flush(10)
        return [(event["tool_name"], event["status"]) for event in self.sentinel.events]


@pytest.mark.parametrize("model", [responses, completions, scripted])
@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize(("answer", "status"), [("approve", "ok"), ("reject", "denied")])
def test_a_call_that_waits_for_a_person_is_reported_when_it_has_an_answer(
    model: Any, elsewhere: bool, answer: str, status: str
) -> None:
    conversation = Conversation()
    asked = call("send_email", to="anna")
    tool = function_tool(send_email, needs_approval=True)
    agent: Agent[Any] = Agent(name="a", model=model([[asked]]), tools=[tool])

    async def go() -> None:
        waiting = await conversation.run(agent, "go")
        assert conversation.ends == []
        state = waiting.to_state()
        getattr(state, answer)(waiting.interruptions[0])
        if elsewhere:
            conversation.forget()
        await conversation.run(agent, state)

    asyncio.run(go())
    if model is scripted and answer == "reject":  # it tells its traces nothing
        assert conversation.ends == []
    else:
        assert conversation.ends == [("send_email", status)]
        assert conversation.sentinel.events[0]["tool_call_id"] == asked.id


def converse(url: str, key: str, memory: str, answer: str = "") -> None:
    """One of a run's processes: it asks a person, or hears the answer."""
    set_trace_processors([SentinelProcessor(key, url)])
    file, asked = Path(memory), Call("send_email", {"to": "anna"}, "call_1")
    tool = function_tool(send_email, needs_approval=True)
    agent: Agent[Any] = Agent(name="a", model=responses([] if answer else [[asked]]), tools=[tool])

    if not answer:
        waiting = asyncio.run(Runner.run(agent, "go"))
        file.write_text(json.dumps(waiting.to_state().to_json()))
        return
    state = asyncio.run(RunState.from_json(agent, json.loads(file.read_text())))
    getattr(state, answer)(state.get_interruptions()[0])
    assert asyncio.run(Runner.run(agent, state)).final_output == "done"


@pytest.mark.parametrize(("answer", "status"), [("approve", "ok"), ("reject", "denied")])
def test_a_call_that_waits_is_reported_once_by_the_process_that_hears_the_answer(
    platform: Platform, tmp_path: Path, answer: str, status: str
) -> None:
    agent_id, key = platform.new_agent()
    memory = str(tmp_path / "state.json")
    in_a_new_process(converse, platform.url, key, memory)
    assert platform.events(agent_id) == []
    in_a_new_process(converse, platform.url, key, memory, answer)
    (event,) = platform.events(agent_id)
    assert (event["tool_name"], event["status"], event["tool_call_id"]) == ("send_email", status, "call_1")


def test_without_sensitive_data_calls_are_told_apart_all_the_same() -> None:
    conversation = Conversation(sensitive=False)
    asked = [call("search_crm", query="a"), call("search_crm", query="b")]
    asyncio.run(conversation.run(agent_of(responses([asked])), "go"))
    assert conversation.ends == [("search_crm", "ok")] * 2
    events = conversation.sentinel.events
    assert {event["tool_call_id"] for event in events} == {one.id for one in asked}
    assert {event["input_hash"] for event in events} == {hash_payload({"query": "a"}), hash_payload({"query": "b"})}
    assert {event["output_hash"] for event in events} == {
        hash_payload("3 rows about a"),
        hash_payload("3 rows about b"),
    }


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("model", [responses, completions, scripted])
@pytest.mark.parametrize("behavior", ["error_as_result", "raise_exception"])
def test_a_tool_that_takes_longer_than_it_may_is_one_error(behavior: Any, model: Any, sensitive: bool) -> None:
    async def dawdle(query: str) -> str:
        await asyncio.sleep(60)
        return query

    conversation = Conversation(sensitive=sensitive)
    tool = function_tool(dawdle, timeout=0.05, timeout_behavior=behavior)
    agent: Agent[Any] = Agent(name="a", model=model([[call("dawdle", query="x")]]), tools=[tool])
    with suppress(Exception if behavior == "raise_exception" else ()):
        assert asyncio.run(conversation.run(agent, "go")).final_output == "done"
    assert conversation.ends == [("dawdle", "error")]


def test_a_tool_that_gives_nothing_has_run() -> None:
    def note(text: str) -> None:
        """Write something down."""

    conversation = Conversation()
    agent: Agent[Any] = Agent(name="a", model=responses([[call("note", text="x")]]), tools=[function_tool(note)])
    try:
        {}["the host runs the agent while it handles an error"]
    except KeyError:
        asyncio.run(conversation.run(agent, "go"))
    assert conversation.ends == [("note", "ok")]


def test_attached_twice_a_call_counts_once() -> None:
    conversation = Conversation()
    assert instrument() is instrument(agent_name="another") is conversation.processor
    asyncio.run(conversation.run(agent_of(responses([[call("search_crm", query="a")]])), "go"))
    assert conversation.ends == [("search_crm", "ok")]


@pytest.mark.parametrize("when", ["before", "after"])
def test_that_tracing_is_off_is_said_once(when: str, caplog: pytest.LogCaptureFixture) -> None:
    if when == "before":
        set_tracing_disabled(True)
    try:
        conversation = Conversation()
        set_tracing_disabled(True)
        asyncio.run(conversation.run(agent_of(responses([[call("search_crm", query="a")]])), "go"))
        assert conversation.ends == conversation.ends == []
    finally:
        set_tracing_disabled(False)
    assert [record.getMessage()[:51] for record in caplog.records if record.name == "agentsentinel"] == [
        "tracing of the OpenAI Agents SDK is off, so no tool"
    ]


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
