"""An agent loop that reports each tool call, for models that speak Claude's Messages API.

    @SentinelTool("Look up customers in the CRM.", {"type": "object", "properties": {"query": {"type": "string"}}})
    def search_crm(query: str) -> list[dict[str, str]]: ...

    agent = SentinelMiddleware(anthropic.Anthropic(), Client(api_key), agent_id, session_id, [search_crm])
    print(agent.run("Who are our top 5 accounts?"))

The model's client is passed in and only its `messages.create(...)` is used, so this module needs no Anthropic package
and anything with that method can drive the loop. What a tool gets and gives stays in the process; the server hears the
two digests, the tool's name, how long it took and how it ended. Reports travel while tools and model work, and
monitoring never stops the agent: see `_Reporting`.
"""

from __future__ import annotations

import inspect
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from agentsentinel_sdk._log import logger, notify
from agentsentinel_sdk._pending import is_awaitable
from agentsentinel_sdk.errors import AuthenticationError, InvalidArgument, NotFound, PermissionDenied
from agentsentinel_sdk.hashing import canonical_json, resolve_hash_key
from agentsentinel_sdk.identity import advice_on
from agentsentinel_sdk.models import CallStatus, Scored, ToolCallEvent
from agentsentinel_sdk.recorder import ToolCallRecorder
from agentsentinel_sdk.signatures import accepts

DEFAULT_MODEL = "claude-opus-4-7"
DEFAULT_MAX_TOKENS = 1024

_BLOCKS = {
    "text": "text",
    "image": "source",
    "document": "source",
    "search_result": "source",
    "tool_reference": "tool_name",
}
"""The content blocks of a tool result, and a member that each has."""
REST_PER_FAILURE = 10
"""After a report failed, none is tried for so many times the time it took: a server that hangs costs the agent at
most about a tenth of its time."""


class Messages(Protocol):
    """The one method of Anthropic's `client.messages` that is used."""

    def create(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the model: keywords `model`, `max_tokens`, `messages`, `tools`; gives `content` and `stop_reason`."""


class ModelClient(Protocol):
    """What `anthropic.Anthropic` is to this module."""

    @property
    def messages(self) -> Messages:
        """Where the model is asked."""


class EventSink(Protocol):
    """What `Client` is to this module."""

    def report(self, event: ToolCallEvent) -> Scored:
        """Store and score one event; may raise anything."""


class Tool:
    """A function the model may call; made by `SentinelTool`. Calling it calls the function, as if undecorated."""

    def __init__(self, function: Callable[..., Any], description: str, input_schema: Mapping[str, Any]) -> None:
        self._function = function
        self.name: str = function.__name__
        self.schema: dict[str, Any] = {
            "name": self.name,
            "description": description,
            "input_schema": dict(input_schema),
        }
        """The tool as Claude's `tools` parameter wants it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"

    def execute(self, arguments: Mapping[str, Any]) -> Any:
        """Call the function with the model's arguments; raises what it raises, `TypeError` for unknown arguments."""
        return self._function(**arguments)

    def takes(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the function can be called with these arguments."""
        return accepts(self._function, (), arguments)


class SentinelTool:
    """Decorator that makes a function a `Tool`, under the function's own name.

    Args:
        description: tells the model what the tool does and when to use it.
        input_schema: JSON Schema of the arguments, of type `object`.
    """

    def __init__(self, description: str, input_schema: Mapping[str, Any]) -> None:
        self._description = description
        self._input_schema = input_schema

    def __call__(self, function: Callable[..., Any]) -> Tool:
        if inspect.iscoroutinefunction(function):
            raise InvalidArgument(f"{function.__name__} is async; this loop is not: decorate a function that runs it")
        return Tool(function, self._description, self._input_schema)


@dataclass(frozen=True)
class _Outcome:
    """How one tool call ended."""

    status: CallStatus
    value: object
    """What is hashed: the result, or the text of the error."""
    content: str | list[Any]
    """What the model reads."""

    def for_model(self, tool_use_id: str) -> dict[str, Any]:
        result = {"type": "tool_result", "tool_use_id": tool_use_id, "content": self.content}
        return result if self.status == "ok" else {**result, "is_error": True}


class SentinelMiddleware:
    """Runs prompts to their end, executing the tools the model asks for and reporting each call.

    Args:
        anthropic_client: the model, see `ModelClient`.
        sentinel_client: where calls are reported, see `EventSink`.
        agent_id: the registered agent that is running.
        session_id: groups the calls of this run, at most 255 characters.
        tools: what the model may call; names must differ.
        model, max_tokens, thinking: passed on to the model; `thinking` only if given.
        on_text: called with each piece of text the model writes, as it comes.
        on_tool_call: called after each tool call, before the next text, with the tool's name and its anomaly score
            (0..1), or None when the call could not be reported.
        hash_key: makes digests HMAC-SHA256, as in `Reporter`; default: AGENTSENTINEL_HASH_KEY.

    An exception of the model's client or of a callback is the caller's own and passes through. One of a tool becomes
    an error result for the model to deal with, and so does a call of a tool that does not exist or does not take its
    arguments; those two are reported as `denied`, since no tool ran.

    Raises:
        InvalidArgument: two tools have the same name.
    """

    def __init__(
        self,
        anthropic_client: ModelClient,
        sentinel_client: EventSink,
        agent_id: str,
        session_id: str,
        tools: Sequence[Tool],
        model: str = DEFAULT_MODEL,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        thinking: Mapping[str, Any] | None = None,
        on_text: Callable[[str], object] | None = None,
        on_tool_call: Callable[[str, float | None], object] | None = None,
        *,
        hash_key: str | bytes | None = None,
    ) -> None:
        self._model_client = anthropic_client
        self._reporting = _Reporting(sentinel_client)
        self._agent_id = agent_id
        self._session_id = session_id
        self._hash_key = resolve_hash_key(hash_key)
        self._tools = {tool.name: tool for tool in tools}
        if len(self._tools) != len(tools):
            raise InvalidArgument("two tools have the same name")
        self._request: dict[str, Any] = {
            "model": model,
            "max_tokens": max_tokens,
            "tools": [tool.schema for tool in tools],
            **({} if thinking is None else {"thinking": dict(thinking)}),
        }
        self._on_text = on_text or _ignore
        self._on_tool_call = on_tool_call or _ignore

    @property
    def unreported(self) -> int:
        """Tool calls so far that the server did not take."""
        return self._reporting.unreported

    def run(self, prompt: str) -> str:
        """Give the model a prompt, do what it asks for until it is done, and return its last words.

        Each run is a conversation of its own: the model does not remember the run before.
        """
        thread = ThreadPoolExecutor(1, "agentsentinel-middleware")
        calls = _Calls(self._reporting, thread, self._agent_id, self._session_id, self._hash_key)
        try:
            return self._converse(prompt, calls)
        finally:
            thread.shutdown(wait=False)

    def _converse(self, prompt: str, calls: _Calls) -> str:
        messages: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
        while True:
            try:
                reply = self._model_client.messages.create(messages=messages, **self._request)
            finally:
                self._announce(calls)
            text = self._spoken(reply.content)
            if reply.stop_reason not in {"tool_use", "pause_turn"}:
                return text
            # The blocks go back as they came: thinking blocks are signed and must not be altered.
            messages.append({"role": "assistant", "content": reply.content})
            if reply.stop_reason == "tool_use":
                messages.append({"role": "user", "content": self._tool_results(reply.content, calls)})

    def _spoken(self, blocks: Sequence[Any]) -> str:
        texts = [block.text for block in blocks if block.type == "text"]
        for text in texts:
            self._on_text(text)
        return "\n".join(texts)

    def _announce(self, calls: _Calls) -> None:
        """Call back for each call whose report has not been announced yet, and wait for those under way."""
        while calls.reported:
            name, report = calls.reported.pop(0)
            scored = report.result()
            self._on_tool_call(name, None if scored is None else scored.anomaly_score)

    def _tool_results(self, blocks: Sequence[Any], calls: _Calls) -> list[dict[str, Any]]:
        return [self._tool_result(block, calls) for block in blocks if block.type == "tool_use"]

    def _tool_result(self, call: Any, calls: _Calls) -> dict[str, Any]:
        call_id = calls.begin(call)
        try:
            outcome = self._execute(call.name, call.input)
        except BaseException as error:  # Ctrl+C, or a signal that ends the program
            calls.end(call_id, _failed(type(error).__name__))
            last = calls.take_report()
            self._announce(calls)
            last.result()
            raise
        calls.end(call_id, outcome)
        calls.reported.append((call.name, calls.take_report()))
        return outcome.for_model(call.id)

    def _execute(self, name: str, arguments: Mapping[str, Any]) -> _Outcome:
        tool = self._tools.get(name)
        if tool is None:
            message = f"There is no tool called {name!r}; there are: {', '.join(sorted(self._tools))}"
            return _failed(message, "denied")
        try:
            value = tool.execute(arguments)
        except Exception as error:
            has_run = not isinstance(error, TypeError) or tool.takes(arguments)
            return _failed(f"{type(error).__name__}: {_safe_text(error)}", "error" if has_run else "denied")
        if is_awaitable(value):
            getattr(value, "close", _ignore)()  # or Python complains of a coroutine that was never awaited
            return _failed(f"{name} is asynchronous, and this loop is not")
        return _Outcome("ok", value, model_content(value))


class _Calls:
    """The tool calls of one run: joined by a recorder, reported on another thread in their order."""

    def __init__(
        self,
        reporting: _Reporting,
        thread: ThreadPoolExecutor,
        agent_id: str,
        session_id: str,
        hash_key: bytes | None,
    ) -> None:
        self.session_id = session_id
        self.hash_key = hash_key
        self.reported: list[tuple[str, Future[Scored | None]]] = []
        """Names and reports of the calls that were not announced to the caller yet."""
        self._reporting = reporting
        self._thread = thread
        self._agent_id = agent_id
        self._recorder = ToolCallRecorder(self)
        self._report: Future[Scored | None] | None = None

    def begin(self, call: Any) -> object:
        """Begin a call of the model's; return the id by which it ends."""
        call_id = object()
        self._recorder.start(call_id, call.name, call.input, tool_call_id=str(call.id) if call.id else None)
        return call_id

    def end(self, call_id: object, outcome: _Outcome) -> None:
        """End a call with what became of it."""
        if outcome.status == "ok":
            self._recorder.end(call_id, outcome.value)
        elif outcome.status == "error":
            self._recorder.error(call_id, outcome.value)
        else:
            self._recorder.denied(call_id, outcome.value)

    def take_report(self) -> Future[Scored | None]:
        """Return the report of the call that ended last."""
        report, self._report = self._report, None
        return report or self._thread.submit(self._reporting.skip)

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        """Take an event from the recorder, and send it on the thread."""
        members = {name: value for name, value in wire.items() if name != "timestamp"}  # the time of arrival counts
        event = ToolCallEvent(agent_id=self._agent_id, **members)
        self._report = self._thread.submit(self._reporting.report, event)

    def note_abandoned(self) -> None:
        """Count nothing: each call of this loop ends before the next begins."""


class _Reporting:
    """Reports events and swallows every failure: the agent goes on, its log says once that and why calls are missing.

    A refusal of the key or of the agent is final, so nothing more is sent. After any other failure the server gets a
    rest (`REST_PER_FAILURE`), during which calls are counted but not sent.
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._resumes_at = 0.0
        self._warned = False
        self.unreported = 0

    def skip(self) -> None:
        """Count a call of which no report could be made."""
        self.unreported += 1

    def report(self, event: ToolCallEvent) -> Scored | None:
        """Return the event's score, or None when the event was not accepted."""
        started = time.monotonic()
        if started < self._resumes_at:
            self.unreported += 1
            return None
        try:
            return self._sink.report(event)
        except Exception as error:
            self.unreported += 1
            self._rest_after(error, started)
            self._warn_once(error)
            return None

    def _rest_after(self, error: Exception, started: float) -> None:
        now = time.monotonic()
        final = isinstance(error, (AuthenticationError, PermissionDenied, NotFound))
        self._resumes_at = math.inf if final else now + REST_PER_FAILURE * (now - started)

    def _warn_once(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            sentence = f"a tool call could not be reported, the agent goes on: {_safe_text(error)}"
            if self._resumes_at == math.inf:
                notify(f"{sentence}. {advice_on(error)}")
            else:
                logger.warning("%s", sentence)


def _failed(message: str, status: CallStatus = "error") -> _Outcome:
    text = _encodable(message)
    return _Outcome(status, text, text)


def model_content(value: object) -> str | list[Any]:
    """Convert a tool's result to what Claude reads: text and content blocks as they are, else as JSON; never raises."""
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, (list, tuple)) and value and all(map(_is_content_block, value)):
        return list(value)
    try:
        return _encodable(json.dumps(value, ensure_ascii=False, default=_safe_text))
    except Exception:  # circular, or too deep
        return _encodable(canonical_json(value))


def _is_content_block(item: object) -> bool:
    """Whether this is a block that a tool result may hold; rows that have a `type` as well lack what belongs to it."""
    return isinstance(item, Mapping) and _BLOCKS.get(str(item.get("type")), "") in item


def _encodable(text: str) -> str:
    """Without lone surrogates, which no request body can carry."""
    return text.encode("utf-8", "replace").decode()


def _safe_text(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _ignore(*_: object) -> None:
    """Do nothing; the default of the optional callback."""
