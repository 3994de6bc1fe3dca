"""What a relay has seen of one MCP server, as events: calls that ended, tools that are offered, messages that smuggle.

No input or output here: messages and times go in, observations come out, so a test is a conversation from top to
bottom. One call is one `CallEnded`, however many messages it takes: a retry after `input_required` goes on with the
same call, a task ends with its outcome, and a call that the client gives up ends as an error.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal, NamedTuple

from agentsentinel_core.hashing import canonical_json, hash_payload
from agentsentinel_core.operations.derive import operation_of
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.jsonrpc import Defect, Kind, Message, RequestId
from agentsentinel_shim.lists import INTRODUCTIONS, LISTS, STEERING, Listed, OpenLists, instructions_of, is_plain_list
from agentsentinel_shim.sessions import SessionClock, trace_of

MOST_OPEN = 10_000
"""Requests, and calls between two messages, that are remembered at once; beyond it the oldest end as errors."""
_TASK_ENDINGS: Mapping[str, CallStatus] = {"completed": "ok", "failed": "error", "cancelled": "error"}

CallStatus = Literal["ok", "error", "denied"]


@dataclass(frozen=True)
class Link:
    """Between whom messages travel; request ids are unique within it."""

    key: Hashable
    """The process of a stdio server, the session of a legacy client, or one HTTP exchange."""
    client: str = ""
    """Who asks, as far as it can be known: groups calls that name no session."""
    session_id: str | None = None
    """The session that the protocol itself names (before 2026-07-28); a connection or a process is none."""
    principal: str = ""
    """Digest of whom the client's credentials belong to; empty without credentials."""


class ListsSeen(NamedTuple):
    """How far a conversation could follow what steers the agent: lists and introductions."""

    asked: int
    """Requests for one."""
    read: int
    """Answers that could be read."""
    unread: frozenset[tuple[str, str]]
    """Client and principal of each that has asked for one whose answer has not come, or could not be read."""
    dropped: int = 0
    """Messages that were forwarded without being looked at."""


@dataclass(frozen=True)
class CallEnded:
    """One tool call with its true outcome."""

    tool_name: str
    input_hash: str
    output_hash: str
    status: CallStatus
    started_at: float
    """Unix time of the first message of the call."""
    duration_ms: int
    session_id: str
    call_id: str
    """The JSON-RPC id of the call's first request, as text."""
    trace: Mapping[str, str] = field(default_factory=dict)
    """`trace_id` and `span_id`, where the client sent them."""
    verdict: Verdict | None = None
    """What was decided about it; None without a policy."""
    operation: str | None = None
    """What it does with its tool, in listed words; None where that is not known."""


@dataclass(frozen=True)
class ServerSeen:
    """How the server introduces itself; self-reported."""

    name: str
    version: str
    protocol_version: str


@dataclass(frozen=True)
class ToolsChanged:
    """The server says that its list of tools has changed."""


@dataclass(frozen=True)
class Smuggled:
    """A body that parsers read differently, or cannot read."""

    is_from_client: bool
    defects: tuple[Defect, ...]
    session_id: str
    is_refused: bool = False
    """Whether it was kept from the server; otherwise it was forwarded unchanged."""


Observation = CallEnded | Listed | ServerSeen | ToolsChanged | Smuggled


@dataclass(frozen=True)
class _Call:
    tool_name: str
    input_hash: str
    started_at: float
    session_id: str
    call_id: str
    trace: Mapping[str, str]
    verdict: Verdict | None = None
    operation: str | None = None


class _Steering(NamedTuple):
    """Who has asked for what steers the agent, by which method."""

    client: str
    principal: str
    method: str


@dataclass(frozen=True)
class _Request:
    """A request of the client that has no answer yet."""

    method: str
    params: Mapping[str, Any]
    call: _Call | None = None
    steering: _Steering | None = None


class _RetryKey(NamedTuple):
    """What a retry after `input_required` has in common with the request before it; its id is a new one."""

    client: str
    tool_name: str
    input_hash: str
    state: str


class Conversation:
    """Follows the messages to and from one MCP server, of any number of clients. Not safe to share between threads.

    Args:
        hash_key: makes digests HMAC-SHA256.
        sessions: names the session of a call that names none itself.
    """

    def __init__(self, hash_key: bytes | None, sessions: SessionClock) -> None:
        self._hash_key = hash_key
        self._sessions = sessions
        self._asked: OrderedDict[tuple[Hashable, RequestId], _Request] = OrderedDict()
        self._awaiting_input: OrderedDict[Hashable, list[_Call]] = OrderedDict()
        self._tasks: OrderedDict[str, _Call] = OrderedDict()
        self._lists = OpenLists()
        self._asked_lists = 0
        self._read_lists = 0
        self._unread: OrderedDict[_Steering, None] = OrderedDict()

    @property
    def open_calls(self) -> int:
        """Calls without an outcome yet."""
        in_flight = sum(request.call is not None for request in self._asked.values())
        return in_flight + sum(map(len, self._awaiting_input.values())) + len(self._tasks)

    @property
    def lists_seen(self) -> ListsSeen:
        """How far the lists of the server were followed."""
        unread = frozenset((steering.client, steering.principal) for steering in self._unread)
        return ListsSeen(self._asked_lists, self._read_lists, unread)

    # --- what the relay saw ---------------------------------------------------------------------------------------

    def from_client(
        self, link: Link, message: Message, at: float, verdict: Verdict | None = None
    ) -> Iterator[Observation]:
        """Take a message that was forwarded to the server at Unix time `at`."""
        params = message.params or {}
        if message.kind is Kind.NOTIFICATION and message.method == "notifications/cancelled":
            yield from self._cancel(link, params.get("requestId"), at)
        if message.kind is not Kind.REQUEST:
            return
        steering = None
        if message.method in STEERING:
            steering = _Steering(link.client, link.principal, message.method)
            self._asked_lists += 1
            self._unread[steering] = None
            if len(self._unread) > MOST_OPEN:
                self._unread.popitem(last=False)
        call = self._begin(link, message, at, verdict) if message.method == "tools/call" else None
        yield from self._remember(link, message, _Request(message.method, params, call, steering), at)

    def refused(self, link: Link, message: Message, at: float, verdict: Verdict) -> Iterator[CallEnded]:
        """Take a call that was kept from the server at Unix time `at`."""
        yield self._end(self._begin(link, message, at, verdict), "denied", verdict.why, at)

    def from_server(self, link: Link, message: Message, at: float) -> Iterator[Observation]:
        """Take a message that was forwarded to the client at Unix time `at`."""
        if message.kind is Kind.NOTIFICATION:
            yield from self._notified(message, at)
        elif message.kind is not Kind.REQUEST:
            request = self._asked.pop((link.key, message.id), None)
            if request is not None:
                yield from self._answered(link, request, message, at)

    def smuggled(
        self, link: Link, defects: tuple[Defect, ...], at: float, *, is_from_client: bool, is_refused: bool = False
    ) -> Smuggled:
        """Describe a body with defects, as an observation."""
        return Smuggled(is_from_client, defects, self._session_of(link, {}, at), is_refused)

    def closed(self, link: Link, at: float, why: str = "cancelled") -> Iterator[CallEnded]:
        """End the requests of a link whose answers cannot come any more; `why` is in the digest of the output."""
        for key in [key for key in self._asked if key[0] == link.key]:
            request = self._asked.pop(key)
            if request.call is not None:
                yield self._end(request.call, "error", why, at)

    def not_given(self, link: Link) -> None:
        """Take that the requests of a link failed over HTTP without a JSON-RPC answer: nothing was listed."""
        for key, request in self._asked.items():
            if key[0] == link.key and request.steering is not None:
                self._unread.pop(request.steering, None)

    def abandoned(self, at: float, why: str) -> Iterator[CallEnded]:
        """End all calls: the server or the relay is gone."""
        calls = [request.call for request in self._asked.values() if request.call is not None]
        calls += [*chain.from_iterable(self._awaiting_input.values()), *self._tasks.values()]
        self._asked.clear()
        self._awaiting_input.clear()
        self._tasks.clear()
        for call in calls:
            yield self._end(call, "error", why, at)

    # --- requests -------------------------------------------------------------------------------------------------

    def _begin(self, link: Link, message: Message, at: float, verdict: Verdict | None = None) -> _Call:
        """Begin a call, or go on with the one that this message is the retry of."""
        params = message.params or {}
        name = params.get("name")
        arguments = params.get("arguments")
        tool_name = name if isinstance(name, str) and name else "unnamed"
        input_hash = hash_payload({} if arguments is None else arguments, self._hash_key)
        if "requestState" in params or "inputResponses" in params:
            waiting = self._resume(_RetryKey(link.client, tool_name, input_hash, _state(params)))
            if waiting is not None:
                return replace(waiting, verdict=verdict) if verdict is not None and verdict.objects else waiting
        return _Call(
            tool_name=tool_name,
            input_hash=input_hash,
            started_at=at,
            session_id=self._session_of(link, params, at),
            call_id="" if message.id is None else str(message.id),
            trace=trace_of(params),
            verdict=verdict,
            operation=operation_of(tool_name, arguments),
        )

    def _resume(self, key: _RetryKey) -> _Call | None:
        """Take the call that waits for this retry; of several alike, the one that has waited longest."""
        waiting = self._awaiting_input.get(key)
        if not waiting:
            return None
        call = waiting.pop(0)
        if not waiting:
            del self._awaiting_input[key]
        return call

    def _remember(self, link: Link, message: Message, request: _Request, at: float) -> Iterator[CallEnded]:
        earlier = self._asked.pop((link.key, message.id), None)
        if earlier is None and len(self._asked) >= MOST_OPEN:
            _, earlier = self._asked.popitem(last=False)
        self._asked[link.key, message.id] = request
        if earlier is not None and earlier.call is not None:
            yield self._end(earlier.call, "error", "abandoned", at)

    def _cancel(self, link: Link, request_id: object, at: float) -> Iterator[CallEnded]:
        request = self._asked.pop((link.key, request_id), None) if isinstance(request_id, str | int) else None
        if request is not None and request.steering is not None:
            self._unread.pop(request.steering, None)
        if request is not None and request.call is not None:
            yield self._end(request.call, "error", "cancelled", at)

    # --- answers --------------------------------------------------------------------------------------------------

    def _answered(self, link: Link, request: _Request, answer: Message, at: float) -> Iterator[Observation]:
        result = answer.result if isinstance(answer.result, dict) else {}
        if request.steering is not None and not self._is_readable(request.steering, answer):
            return
        if request.call is not None:
            yield from self._call_answered(link, request.call, answer, at)
        elif answer.kind is Kind.ERROR:
            return
        elif request.method in LISTS:
            seen = introduced(result)
            if seen.name:  # since 2026-07-28 any result may say whose it is, and nothing comes before it
                yield seen
            yield self._lists.page(request.method, request.params, result, link.client, link.principal)
        elif request.method in INTRODUCTIONS:
            yield introduced(result)
            yield instructions_of(result, link.client, link.principal)
        elif request.method in ("tasks/get", "tasks/result", "tasks/cancel"):
            yield from self._task_answered(request, result, at)

    def _is_readable(self, steering: _Steering, answer: Message) -> bool:
        """Whether all clients read an answer to a request for what steers the agent as it is read here."""
        if answer.kind is not Kind.ERROR and not is_plain_list(steering.method, answer.result):
            return False
        self._read_lists += 1
        self._unread.pop(steering, None)
        return True

    def _call_answered(self, link: Link, call: _Call, answer: Message, at: float) -> Iterator[CallEnded]:
        if answer.kind is Kind.ERROR:
            yield self._end(call, "error", answer.error, at)
            return
        result = answer.result if isinstance(answer.result, dict) else {}
        task_id = _task_id(result)
        if result.get("resultType") == "input_required":
            key = _RetryKey(link.client, call.tool_name, call.input_hash, _state(result))
            yield from self._hold_for_input(key, call, at)
        elif task_id is not None:
            yield from self._hold_for_task(task_id, call, at)
        else:
            yield self._end(call, "error" if result.get("isError") is True else "ok", answer.result, at)

    def _task_answered(self, request: _Request, result: Mapping[str, Any], at: float) -> Iterator[CallEnded]:
        if request.method == "tasks/result":
            call = self._tasks.pop(str(request.params.get("taskId")), None)
            if call is not None:
                yield self._end(call, "error" if result.get("isError") is True else "ok", dict(result), at)
        else:
            yield from self._task_state(result, at)

    def _notified(self, message: Message, at: float) -> Iterator[Observation]:
        if message.method == "notifications/tools/list_changed":
            yield ToolsChanged()
        elif message.method in ("notifications/tasks", "notifications/tasks/status"):
            yield from self._task_state(message.params or {}, at)

    def _task_state(self, state: Mapping[str, Any], at: float) -> Iterator[CallEnded]:
        """End the call of a task that has ended. One that is completed without its result ends with `tasks/result`."""
        task_id, status = state.get("taskId"), _TASK_ENDINGS.get(str(state.get("status")))
        if not isinstance(task_id, str) or status is None:
            return
        outcome = state.get("result") if "result" in state else state.get("error")
        if outcome is None and status == "ok":
            return
        call = self._tasks.pop(task_id, None)
        if call is not None:
            is_error = isinstance(outcome, dict) and outcome.get("isError") is True
            yield self._end(call, "error" if is_error else status, outcome or state.get("status"), at)

    # --- calls ----------------------------------------------------------------------------------------------------

    def _hold_for_input(self, key: _RetryKey, call: _Call, at: float) -> Iterator[CallEnded]:
        """Keep a call that goes on with the client's retry."""
        self._awaiting_input.setdefault(key, []).append(call)
        if len(self._awaiting_input) > MOST_OPEN:
            for abandoned in self._awaiting_input.popitem(last=False)[1]:
                yield self._end(abandoned, "error", "abandoned", at)

    def _hold_for_task(self, task_id: str, call: _Call, at: float) -> Iterator[CallEnded]:
        """Keep a call whose outcome is the task's."""
        earlier = self._tasks.pop(task_id, None)
        if earlier is None and len(self._tasks) >= MOST_OPEN:
            _, earlier = self._tasks.popitem(last=False)
        self._tasks[task_id] = call
        if earlier is not None:
            yield self._end(earlier, "error", "abandoned", at)

    def _end(self, call: _Call, status: CallStatus, output: object, at: float) -> CallEnded:
        return CallEnded(
            tool_name=call.tool_name,
            input_hash=call.input_hash,
            output_hash=hash_payload(output, self._hash_key),
            status=status,
            started_at=call.started_at,
            duration_ms=max(0, round((at - call.started_at) * 1000)),
            session_id=call.session_id,
            call_id=call.call_id,
            trace=call.trace,
            verdict=call.verdict,
            operation=call.operation,
        )

    def _session_of(self, link: Link, params: Mapping[str, Any], at: float) -> str:
        return self._sessions.session_of(link.client, link.session_id, params, at)


def _state(members: Mapping[str, Any]) -> str:
    """Return the server's `requestState` in a form that can be compared."""
    return canonical_json(members.get("requestState"))


def _task_id(result: Mapping[str, Any]) -> str | None:
    """Return the id of the task that a call has become: an extension's member, or that of 2025-11-25."""
    nested = result.get("task")
    if result.get("resultType") == "task":
        task_id = result.get("taskId")
    elif isinstance(nested, dict) and "content" not in result:
        task_id = nested.get("taskId")
    else:
        return None
    return task_id if isinstance(task_id, str) else None


def introduced(result: Mapping[str, Any]) -> ServerSeen:
    """Read how a server introduces itself, in any result that may say so; empty where it does not."""
    meta = result.get("_meta")
    info = result.get("serverInfo") or (
        meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
    )
    members = info if isinstance(info, dict) else {}
    return ServerSeen(
        str(members.get("name", "")), str(members.get("version", "")), str(result.get("protocolVersion", ""))
    )
