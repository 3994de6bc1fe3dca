"""The agent loop, as conversations between a scripted model, the tools and the server."""

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from agentsentinel_core.limits import LONGEST_DURATION_MS, LONGEST_NAME
from agentsentinel_sdk import (
    AuthenticationError,
    InvalidArgument,
    Scored,
    SentinelMiddleware,
    SentinelTool,
    Tool,
    ToolCallEvent,
    Unavailable,
    hash_payload,
)
from agentsentinel_sdk.testing import FakeSentinel

NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


def says(text: str) -> SimpleNamespace:
    return SimpleNamespace(type="text", text=text)


def calls(name: str, call_id: str = "toolu_1", **arguments: Any) -> SimpleNamespace:
    return SimpleNamespace(type="tool_use", name=name, id=call_id, input=arguments)


def reply(*blocks: SimpleNamespace, stop_reason: str | None = None) -> SimpleNamespace:
    asks = any(block.type == "tool_use" for block in blocks)
    return SimpleNamespace(content=list(blocks), stop_reason=stop_reason or ("tool_use" if asks else "end_turn"))


class ScriptedModel:
    """Gives the replies in order and keeps what it was asked."""

    def __init__(self, *replies: SimpleNamespace) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []
        self.messages = self

    def create(self, *_: Any, **request: Any) -> Any:
        self.asked.append({**request, "messages": list(request["messages"])})
        return self.replies.pop(0)

    @property
    def results(self) -> list[dict[str, Any]]:
        """The tool results the model was last given."""
        content = self.asked[-1]["messages"][-1]["content"]
        assert isinstance(content, list)
        return content


@SentinelTool("Add two numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}})
def add(a: int, b: int) -> dict[str, int]:
    return {"sum": a + b}


def make_tool(function: Callable[..., Any], name: str = "probe") -> Tool:
    function.__name__ = name
    return SentinelTool("For a test.", NO_ARGUMENTS)(function)


class Scene:
    """A server in memory with one agent, and a loop over it."""

    def __init__(self, model: ScriptedModel, *tools: Tool, **options: Any) -> None:
        self.sentinel = FakeSentinel()
        self.client = self.sentinel.client()
        self.agent_id = self.client.register_agent("a").id
        self.scores: list[tuple[str, float | None]] = []
        self.loop = SentinelMiddleware(
            model,
            self.client,
            self.agent_id,
            "session-1",
            list(tools),
            on_tool_call=lambda name, score: self.scores.append((name, score)),
            **options,
        )

    @property
    def event(self) -> dict[str, Any]:
        (event,) = self.sentinel.events
        return event


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the loop's clock with one that stands still until a test moves its one number."""
    now = [1000.0]
    standing = SimpleNamespace(monotonic=lambda: now[0], perf_counter=lambda: now[0], time=lambda: now[0])
    monkeypatch.setattr("agentsentinel_sdk.middleware.time", standing)
    monkeypatch.setattr("agentsentinel_sdk.recorder.time", standing)
    return now


def advance(clock: list[float], seconds: float) -> None:
    clock[0] += seconds


def test_a_tool_call_goes_to_the_tool_to_the_server_and_back_to_the_model() -> None:
    asks = reply(says("Let me see."), calls("add", "toolu_7", a=1, b=2))
    model = ScriptedModel(asks, reply(says("It is 3.")))
    scene = Scene(model, add)

    assert scene.loop.run("1 + 2?") == "It is 3."

    assert model.asked[1]["messages"] == [
        {"role": "user", "content": "1 + 2?"},
        {"role": "assistant", "content": asks.content},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_7", "content": '{"sum": 3}'}],
        },
    ]
    event = scene.event
    assert event["agent_id"] == scene.agent_id
    assert (event["tool_name"], event["status"]) == ("add", "ok")
    assert (event["session_id"], event["tool_call_id"]) == ("session-1", "toolu_7")
    assert event["input_hash"] == hash_payload({"b": 2, "a": 1})
    assert event["output_hash"] == hash_payload({"sum": 3})
    assert scene.scores == [("add", 0.9)]


@pytest.mark.parametrize("options", [{"hash_key": "tenant"}, {}])
def test_digests_are_keyed_by_the_tenants_secret(monkeypatch: pytest.MonkeyPatch, options: dict[str, str]) -> None:
    monkeypatch.setenv("AGENTSENTINEL_HASH_KEY", "another" if options else "tenant")
    scene = Scene(ScriptedModel(reply(calls("add", a=1, b=2)), reply(says("3"))), add, **options)

    scene.loop.run("1 + 2?")

    assert scene.event["input_hash"] == hash_payload({"a": 1, "b": 2}, b"tenant")
    assert scene.event["output_hash"] == hash_payload({"sum": 3}, b"tenant")


def test_a_prompt_without_tool_calls_is_one_question() -> None:
    model = ScriptedModel(reply(says("Hello"), says("there.")))
    assert Scene(model, add).loop.run("Hi") == "Hello\nthere."
    assert len(model.asked) == 1


def test_several_calls_of_one_reply_come_back_together_in_their_order() -> None:
    model = ScriptedModel(reply(calls("add", "t1", a=1, b=1), calls("add", "t2", a=2, b=2)), reply(says("Done.")))
    scene = Scene(model, add)
    scene.loop.run("both")
    assert [(result["tool_use_id"], result["content"]) for result in model.results] == [
        ("t1", '{"sum": 2}'),
        ("t2", '{"sum": 4}'),
    ]
    assert [event["tool_call_id"] for event in scene.sentinel.events] == ["t1", "t2"]
    assert scene.scores == [("add", 0.9), ("add", 0.7)]


def test_the_model_is_asked_with_the_schemas_and_options_it_was_given() -> None:
    model = ScriptedModel(reply(says(".")), reply(says(".")))
    Scene(model, add).loop.run("x")
    assert model.asked[0]["tools"] == [
        {
            "name": "add",
            "description": "Add two numbers.",
            "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
        }
    ]
    assert (model.asked[0]["model"], model.asked[0]["max_tokens"]) == ("claude-opus-4-7", 1024)
    assert "thinking" not in model.asked[0]
    Scene(model, add, thinking={"type": "adaptive"}, max_tokens=9).loop.run("x")
    assert (model.asked[1]["thinking"], model.asked[1]["max_tokens"]) == ({"type": "adaptive"}, 9)


def test_text_is_handed_over_as_it_comes() -> None:
    heard: list[str] = []
    model = ScriptedModel(reply(says("First"), calls("add", a=1, b=2)), reply(says("Last")))
    assert Scene(model, add, on_text=heard.append).loop.run("x") == "Last"
    assert heard == ["First", "Last"]


def test_a_paused_turn_goes_on_and_a_refusal_or_cut_ends() -> None:
    model = ScriptedModel(reply(says("..."), stop_reason="pause_turn"), reply(says("Done.")))
    assert Scene(model, add).loop.run("x") == "Done."
    assert [message["role"] for message in model.asked[1]["messages"]] == ["user", "assistant"]
    for stop_reason in ("max_tokens", "refusal", "something_new"):
        assert Scene(ScriptedModel(reply(says("cut"), stop_reason=stop_reason)), add).loop.run("x") == "cut"


def test_each_run_is_a_conversation_of_its_own() -> None:
    model = ScriptedModel(reply(says("1")), reply(says("2")))
    loop = Scene(model, add).loop
    loop.run("first")
    loop.run("second")
    assert model.asked[1]["messages"] == [{"role": "user", "content": "second"}]


def test_an_unknown_tool_is_an_error_for_the_model_and_a_denied_call() -> None:
    model = ScriptedModel(reply(calls("drop_all", why="because")), reply(says("Sorry.")))
    scene = Scene(model, add)
    assert scene.loop.run("x") == "Sorry."
    (result,) = model.results
    assert result["is_error"] is True
    assert result["content"] == "There is no tool called 'drop_all'; there are: add"
    assert (scene.event["tool_name"], scene.event["status"]) == ("drop_all", "denied")


def test_a_raising_tool_is_an_error_for_the_model_and_an_event_of_status_error() -> None:
    def fail() -> None:
        raise ValueError("no such account")

    model = ScriptedModel(reply(calls("probe")), reply(says("Sorry.")))
    scene = Scene(model, make_tool(fail))
    assert scene.loop.run("x") == "Sorry."
    (result,) = model.results
    assert (result["is_error"], result["content"]) == (True, "ValueError: no such account")
    assert scene.event["status"] == "error"
    assert scene.event["output_hash"] == hash_payload("ValueError: no such account")


@pytest.mark.parametrize("arguments", [{}, {"c": 1}, {"a": 1}, {"a": 1, "b": 2, "c": 3}])
def test_arguments_the_tool_does_not_take_are_an_error_for_the_model_and_a_denied_call(arguments: Any) -> None:
    model = ScriptedModel(reply(calls("add", **arguments)), reply(says("Sorry.")))
    scene = Scene(model, add)
    scene.loop.run("x")
    assert model.results[0]["content"].startswith("TypeError")
    assert scene.event["status"] == "denied"


def test_a_type_error_of_the_tool_itself_is_an_error() -> None:
    def total(rows: list[Any]) -> int:
        return int(sum(rows))

    scene = Scene(ScriptedModel(reply(calls("probe", rows=["a"])), reply(says("Sorry."))), make_tool(total))
    scene.loop.run("x")
    assert scene.event["status"] == "error"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_tool_is_one_error_and_not_swallowed(kind: type[BaseException]) -> None:
    def interrupt() -> None:
        raise kind

    scene = Scene(ScriptedModel(reply(calls("probe"))), make_tool(interrupt))
    with pytest.raises(kind):
        scene.loop.run("x")
    assert (scene.event["tool_name"], scene.event["status"]) == ("probe", "error")


@pytest.mark.parametrize("call_id", ["", None])
def test_a_call_without_an_id_is_run_and_reported_without_one(call_id: Any) -> None:
    scene = Scene(ScriptedModel(reply(calls("add", call_id, a=1, b=2)), reply(says("3"))), add)
    assert scene.loop.run("x") == "3"
    assert (scene.event["status"], scene.event.get("tool_call_id")) == ("ok", None)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def test_an_error_that_cannot_be_printed_is_named() -> None:
    def fail() -> None:
        raise Unprintable

    model = ScriptedModel(reply(calls("probe")), reply(says(".")))
    Scene(model, make_tool(fail)).loop.run("x")
    assert model.results[0]["content"] == "Unprintable: <Unprintable>"


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (None, "null"),
        ({"ü": 1}, '{"ü": 1}'),
        ({1}, '"{1}"'),
        (b"raw", "\"b'raw'\""),
        ({(1, 2): 3}, '{"[1,2]":3}'),
        (CIRCLE, '[{"$type":"circular"}]'),
        ("\ud800", "?"),
        (math.nan, "NaN"),
        (Unprintable(), '"<Unprintable>"'),
    ],
)
def test_any_result_reaches_the_model_as_text_it_can_be_sent(value: object, text: str) -> None:
    model = ScriptedModel(reply(calls("probe")), reply(says(".")))
    scene = Scene(model, make_tool(lambda: value))
    scene.loop.run("x")
    assert model.results[0]["content"] == text
    assert "is_error" not in model.results[0]
    json.dumps(model.results, ensure_ascii=False).encode()
    assert scene.event["status"] == "ok"


def test_the_duration_is_the_time_the_tool_took() -> None:
    def slow() -> str:
        time.sleep(0.05)
        return "done"

    model = ScriptedModel(reply(calls("probe")), reply(says(".")))
    scene = Scene(model, make_tool(slow))
    scene.loop.run("x")
    assert scene.event["duration_ms"] >= 45


def test_a_duration_over_the_limit_of_the_server_is_reported_as_the_limit(clock: list[float]) -> None:
    days = make_tool(lambda: advance(clock, 10 * 86_400.0))
    sink = Sink()
    model = ScriptedModel(reply(calls("probe")), reply(says(".")))
    SentinelMiddleware(model, sink, "a", "s", [days]).run("x")
    assert sink.events[0].duration_ms == LONGEST_DURATION_MS


def test_a_tool_that_alters_its_arguments_does_not_alter_the_digest() -> None:
    def pop(items: list[int]) -> int:
        return items.pop()

    model = ScriptedModel(reply(calls("probe", items=[1, 2])), reply(says(".")))
    scene = Scene(model, make_tool(pop))
    scene.loop.run("x")
    assert scene.event["input_hash"] == hash_payload({"items": [1, 2]})


def test_a_name_the_server_would_refuse_is_cut_for_the_report() -> None:
    model = ScriptedModel(reply(calls("x\n" * 1000)), reply(calls("")), reply(says(".")))
    scene = Scene(model, add)
    scene.loop.run("x")
    long, empty = (event["tool_name"] for event in scene.sentinel.events)
    assert len(long) == LONGEST_NAME
    assert "\n" not in long
    assert empty == "unnamed"


def test_what_a_tool_gets_and_gives_never_leaves_the_process() -> None:
    def leak(command: str) -> str:
        if command == "MARKER-raise":
            raise ValueError(command)
        return f"MARKER-{command}"

    model = ScriptedModel(
        reply(calls("bash", command="MARKER-in")), reply(calls("bash", command="MARKER-raise")), reply(says("MARKER"))
    )
    scene = Scene(model, make_tool(leak, "bash"))
    scene.loop.run("MARKER-prompt")
    assert [event["operation"] for event in scene.sentinel.events] == ["other", "other"]
    assert not any(b"MARKER" in request.content for request in scene.sentinel.requests)


class Sink:
    """Counts the items it receives, after failing as often as it was set to."""

    def __init__(self, *errors: Exception, while_reporting: Callable[[], None] = lambda: None) -> None:
        self.errors = list(errors)
        self.while_reporting = while_reporting
        self.attempts = 0
        self.events: list[ToolCallEvent] = []

    def report(self, event: ToolCallEvent) -> Scored:
        self.attempts += 1
        self.while_reporting()
        if self.errors:
            raise self.errors.pop(0)
        self.events.append(event)
        return Scored(event.event_id, 0.0, (), event.timestamp)  # type: ignore[arg-type]


def run_with(
    sink: Sink, tool_calls: int, between_calls: Callable[[], None] = lambda: None
) -> tuple[SentinelMiddleware, list[float | None]]:
    replies = [reply(calls("add", a=1, b=2)) for _ in range(tool_calls)]
    scores: list[float | None] = []

    def note(_: str, score: float | None) -> None:
        scores.append(score)
        between_calls()

    loop = SentinelMiddleware(
        ScriptedModel(*replies, reply(says("Done."))),
        sink,
        "a",
        "s",
        [add],
        on_tool_call=note,
    )
    assert loop.run("x") == "Done."
    return loop, scores


@pytest.mark.parametrize("error", [Unavailable("down", status=500), RuntimeError("bug"), httpx2.ReadTimeout("slow")])
def test_a_failed_report_never_stops_the_agent_and_warns_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    loop, scores = run_with(Sink(error, error), 5)
    assert scores[0] is None
    assert loop.unreported >= 1
    (warning,) = caplog.records
    assert (warning.levelno, warning.name) == (logging.WARNING, "agentsentinel")
    assert "the agent goes on" in warning.getMessage()


def test_reports_go_on_after_a_passing_failure(clock: list[float]) -> None:
    sink = Sink(Unavailable("down", status=500))
    loop, scores = run_with(sink, 3)
    assert (loop.unreported, scores) == (1, [None, 0.0, 0.0])


def test_a_refused_key_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink(AuthenticationError("unknown API key", status=401))
    loop, scores = run_with(sink, 4)
    assert (sink.attempts, loop.unreported, scores) == (1, 4, [None] * 4)
    assert len(caplog.records) == 1


def test_a_server_that_hangs_costs_the_agent_one_wait_not_one_per_call(clock: list[float]) -> None:
    sink = Sink(TimeoutError("slow"), while_reporting=lambda: advance(clock, 10.0))
    loop, scores = run_with(sink, 9)
    assert sink.attempts == 1
    assert (loop.unreported, scores) == (9, [None] * 9)


def test_after_its_rest_the_server_is_tried_again(clock: list[float]) -> None:
    sink = Sink(TimeoutError("slow"), while_reporting=lambda: advance(clock, 10.0))
    _, scores = run_with(sink, 4, between_calls=lambda: advance(clock, 40.0))
    assert scores == [None, None, None, 0.0]


def test_an_error_of_a_callback_is_the_callers_own() -> None:
    def broken(_: str, __: float | None) -> None:
        raise ZeroDivisionError

    loop = SentinelMiddleware(
        ScriptedModel(reply(calls("add", a=1, b=2))), Sink(), "a", "s", [add], on_tool_call=broken
    )
    with pytest.raises(ZeroDivisionError):
        loop.run("x")


def test_a_decorated_function_is_still_that_function() -> None:
    assert add(1, 2) == {"sum": 3} == add.execute({"a": 1, "b": 2})
    assert (add.name, repr(add)) == ("add", "Tool('add')")


def test_an_async_function_cannot_be_a_tool_of_this_loop() -> None:
    async def later() -> None: ...

    with pytest.raises(InvalidArgument, match="async"):
        make_tool(later)


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidArgument):
        SentinelMiddleware(ScriptedModel(), Sink(), "a", "s", [add, add])


def run_once(tool: Tool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the block that answers one call of the tool, and the events of the call."""
    sentinel = FakeSentinel()
    agent_id = sentinel.client().register_agent("a").id
    conversations: list[Any] = []
    replies = [reply(says("done")), reply(calls(tool.name))]

    def create(messages: list[Any], **_: Any) -> Any:
        conversations.append(list(messages))
        return replies.pop()

    model = SimpleNamespace(messages=SimpleNamespace(create=create))
    SentinelMiddleware(model, sentinel.client(), agent_id, "s", [tool]).run("go")
    return conversations[1][-1]["content"][0], sentinel.events


def test_a_tool_that_gives_a_coroutine_is_an_error_the_model_can_read_and_not_its_repr() -> None:
    async def fetch() -> str:
        return "rows"

    @SentinelTool("Fetch.", NO_ARGUMENTS)
    def call_fetch() -> Any:
        return fetch()

    answer, events = run_once(call_fetch)
    assert answer["is_error"]
    assert "asynchronous" in answer["content"]
    assert [event["status"] for event in events] == ["error"]


IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


@pytest.mark.parametrize("blocks", [[IMAGE], [{"type": "text", "text": "a chart"}, IMAGE], ({**IMAGE},)])
def test_content_blocks_reach_the_model_as_they_are(blocks: Any) -> None:
    answer, events = run_once(SentinelTool("Draw.", NO_ARGUMENTS)(named(lambda: blocks, "draw")))
    assert answer["content"] == list(blocks)
    assert events[0]["output_hash"] == hash_payload(blocks)


@pytest.mark.parametrize("rows", [[], [{"type": "image"}], [{"type": "invoice", "source": 1}], [IMAGE, "text"], [1]])
def test_a_list_that_is_not_one_of_content_blocks_is_json(rows: Any) -> None:
    answer, _ = run_once(SentinelTool("List.", NO_ARGUMENTS)(named(lambda: rows, "list_rows")))
    assert json.loads(answer["content"]) == rows


def named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = name
    return function


def test_a_call_is_reported_while_the_model_is_asked_and_announced_before_its_next_text() -> None:
    is_asked = threading.Event()
    heard: list[object] = []

    class Model(ScriptedModel):
        def create(self, **request: Any) -> Any:
            if len(request["messages"]) > 1:
                is_asked.set()
            return super().create(**request)

    sink = Sink(while_reporting=lambda: heard.append(is_asked.wait(30)))
    loop = SentinelMiddleware(
        Model(reply(calls("add", a=1, b=2), calls("add", a=3, b=4)), reply(says("Done."))),
        sink,
        "a",
        "s",
        [add],
        on_text=heard.append,
        on_tool_call=lambda name, score: heard.append((name, score, threading.current_thread())),
    )
    loop.run("x")
    announced = ("add", 0.0, threading.current_thread())
    assert heard == [True, True, announced, announced, "Done."]


def test_calls_before_an_error_of_the_model_are_announced_all_the_same() -> None:
    class Model(ScriptedModel):
        def create(self, **request: Any) -> Any:
            if len(request["messages"]) > 1:
                raise ZeroDivisionError
            return super().create(**request)

    scene = Scene(Model(reply(calls("add", a=1, b=2))), add)
    with pytest.raises(ZeroDivisionError):
        scene.loop.run("x")
    assert (scene.scores, scene.event["status"]) == ([("add", 0.9)], "ok")


def test_a_mistake_of_ours_costs_a_report_and_not_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("our mistake")

    monkeypatch.setattr("agentsentinel_sdk.recorder.hash_payload", broken)
    monkeypatch.setattr("agentsentinel_sdk.recorder.raises_faults", False)
    scene = Scene(ScriptedModel(reply(calls("add", a=1, b=2)), reply(says("3"))), add)
    assert scene.loop.run("x") == "3"
    assert (scene.scores, scene.loop.unreported, scene.sentinel.events) == ([("add", None)], 1, [])
