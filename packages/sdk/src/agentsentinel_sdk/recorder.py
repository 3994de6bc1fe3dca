"""From "a tool call begins" and "it ends" to one report: what every adapter of a framework shares.

A framework announces the start of a call, and later, perhaps on another thread, its end. The two are joined by a call
id, never by the tool's name or the thread. Each attempt gives exactly one report, with one of three endings: `ok`,
`error`, or `denied` when the tool was not run at all. An end without a start is ignored, and so is a second end; a
call that never ends is reported as an error once the table of open calls is full.

No method raises, and none waits: they run inside the user's agent.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Hashable
from datetime import datetime, timezone
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, Protocol

from agentsentinel_core.limits import LONGEST_DURATION_MS, LONGEST_NAME
from agentsentinel_core.operations.derive import is_operation, operation_of
from agentsentinel_sdk._event_id import new_event_id
from agentsentinel_sdk._log import logger
from agentsentinel_sdk._pending import is_awaitable, settle
from agentsentinel_sdk._tracing import CHANNEL, active_span
from agentsentinel_sdk.errors import one_line
from agentsentinel_sdk.hashing import hash_payload
from agentsentinel_sdk.models import CallStatus

__all__ = ["ReportSink", "ToolCallRecorder", "in_words", "is_awaitable"]

MOST_OPEN_CALLS = 10_000
"""Calls that have begun and not ended; far more than any agent has in flight."""

raises_faults = False
"""Whether a fault of the recorder is raised instead of logged. Only tests set it: there it would go unnoticed."""

_AS_BEFORE = object()
"""The inputs are those that the call began with."""

Parameters = ParamSpec("Parameters")


class ReportSink(Protocol):
    """What `Reporter` is to this module."""

    session_id: str
    """Groups the calls that have no session of their own."""
    hash_key: bytes | None
    """The tenant's key for digests, if there is one."""

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        """Take an event as the API wants it, without `agent_id`; never waits."""

    def note_abandoned(self) -> None:
        """Count a call whose end was never reported."""


class _OpenCall(NamedTuple):
    tool_name: str
    input_hash: str
    begun_at: float
    """Unix time."""
    started: float
    """On the monotonic clock."""
    tool_call_id: str | None
    session_id: str | None
    span: dict[str, str]
    """In which it began, as the API wants it."""
    operation: str | None
    """What it does with its tool, in listed words."""


def _harmless(method: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Keep whatever goes wrong inside, since the host must never notice; tests do, by `raises_faults`."""

    @wraps(method)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception:
            if raises_faults:
                raise
            logger.debug("a tool call could not be recorded", exc_info=True)

    return call


class ToolCallRecorder:
    """Joins starts and ends of tool calls. Safe to share between threads and event loops.

    Args:
        reporter: where the calls are reported.
        session_id: groups the calls; default: the reporter's. Each call may name its own.
    """

    def __init__(self, reporter: ReportSink, session_id: str | None = None) -> None:
        self._reporter = reporter
        self._session_id = session_id
        self._lock = threading.RLock()
        self._open: dict[Hashable, _OpenCall] = {}
        _RECORDERS.add(self)

    def reset(self) -> None:
        """In a forked child: a lock that another thread held would never be free, and open calls end in the parent."""
        self._lock = threading.RLock()
        self._open = {}

    def __deepcopy__(self, _: dict[int, Any]) -> ToolCallRecorder:
        return self  # open calls are ended where they began

    @property
    def open_calls(self) -> int:
        """Calls that have begun and not ended."""
        return len(self._open)

    @_harmless
    def start(
        self,
        call_id: Hashable,
        tool_name: str,
        inputs: object,
        *,
        tool_call_id: str | None = None,
        session_id: str | None = None,
        operation: str | None = None,
    ) -> None:
        """Begin a call whose tool is about to run. Its inputs are hashed now, since the tool may alter them.

        Args:
            call_id: tells this attempt from all others that are open; only this process sees it.
            tool_name: as the model knows it.
            inputs: its arguments, usually a dict by parameter name.
            tool_call_id: the model's own id of the call, if there is one.
            session_id: the conversation or run, if it is not the recorder's.
            operation: what the call does with its tool, 1..64 of `a-z 0-9 _ . + -`, never an argument; derived from
                the inputs unless given (docs/behaviour.md).
        """
        call = _OpenCall(
            tool_name,
            hash_payload(inputs, self._reporter.hash_key),
            time.time(),
            time.perf_counter(),
            tool_call_id,
            session_id,
            active_span(),
            _operation(operation, tool_name, inputs),
        )
        with self._lock:
            earlier = self._open.pop(call_id, None)
            if earlier is None and len(self._open) >= MOST_OPEN_CALLS:
                earlier = self._open.pop(next(iter(self._open)))
            self._open[call_id] = call
        if earlier is not None:
            self._reporter.note_abandoned()
            self._finish(earlier, "error", "abandoned")

    @_harmless
    def end(self, call_id: Hashable, output: object, *, inputs: object = _AS_BEFORE) -> None:
        """End the call with its result; `inputs` only where the framework passes them no earlier."""
        self._close(call_id, "ok", output, inputs)

    def settle(self, call_id: Hashable, output: Any) -> Any:
        """End the call with `output`, or with the value it resolves to where that is still to come.

        Gives what is to be handed on: coroutines and generators in a form that ends the call when they end, anything
        else as it is. A future ends the call when it is done.
        """
        return settle(self, call_id, output)

    @_harmless
    def error(self, call_id: Hashable, error: object, *, inputs: object = _AS_BEFORE) -> None:
        """End the call with an error: the exception, or the text that the model gets instead of a result."""
        self._close(call_id, "error", in_words(error), inputs)

    @_harmless
    def denied(self, call_id: Hashable, reason: object, *, has_tool: bool = True) -> None:
        """End the call as denied: it was stopped before the tool ran, or the tool does not exist."""
        self._close(call_id, "denied", in_words(reason), has_tool=has_tool)

    @_harmless
    def suspended(self, call_id: Hashable) -> None:
        """Drop the open call: it waits for a person or an outside answer, so nothing is reported now.

        It begins again when it goes on, perhaps in another process.
        """
        with self._lock:
            self._open.pop(call_id, None)

    @_harmless
    def refused(
        self,
        tool_name: str,
        inputs: object,
        reason: object,
        *,
        tool_call_id: str | None = None,
        session_id: str | None = None,
        operation: str | None = None,
    ) -> None:
        """Report a call that never began: the tool does not exist, or its arguments were not accepted.

        States no grant, since the model may have made the tool up.
        """
        digest = hash_payload(inputs, self._reporter.hash_key)
        now, started, verb = time.time(), time.perf_counter(), _operation(operation, tool_name, inputs)
        call = _OpenCall(tool_name, digest, now, started, tool_call_id, session_id, active_span(), verb)
        self._finish(call, "denied", in_words(reason), has_tool=False)

    @_harmless
    def record(
        self,
        tool_name: str,
        inputs: object,
        output: object,
        status: CallStatus = "ok",
        *,
        begun_at: float,
        duration_seconds: float,
        tool_call_id: str | None = None,
        session_id: str | None = None,
        operation: str | None = None,
    ) -> None:
        """Report a finished call, for frameworks that announce only the end.

        `output` is the result, or the exception or its text; `begun_at` is Unix time.
        """
        digest = hash_payload(inputs, self._reporter.hash_key)
        started, verb = time.perf_counter() - duration_seconds, _operation(operation, tool_name, inputs)
        call = _OpenCall(tool_name, digest, begun_at, started, tool_call_id, session_id, active_span(), verb)
        self._finish(call, status, output if status == "ok" else in_words(output))

    def is_open(self, call_id: Hashable) -> bool:
        """Whether this call has begun and not ended."""
        return call_id in self._open

    @_harmless
    def abandon(self) -> None:
        """Report the calls that are still open as errors: the program or its reporter ends."""
        for call_id in list(self._open):
            self._close(call_id, "error", "the program ended before the tool did")

    def _close(
        self,
        call_id: Hashable,
        status: CallStatus,
        output: object,
        inputs: object = _AS_BEFORE,
        *,
        has_tool: bool = True,
    ) -> None:
        with self._lock:
            call = self._open.pop(call_id, None)
        if call is None:
            return
        if inputs is not _AS_BEFORE:
            digest = hash_payload(inputs, self._reporter.hash_key)
            call = call._replace(input_hash=digest, operation=_operation(call.operation, call.tool_name, inputs))
        self._finish(call, status, output, has_tool=has_tool)

    def _finish(self, call: _OpenCall, status: CallStatus, output: object, *, has_tool: bool = True) -> None:
        duration_ms = round((time.perf_counter() - call.started) * 1000)
        session_id = call.session_id or self._session_id or self._reporter.session_id
        wire = {
            "event_id": new_event_id(),
            "tool_name": _name(call.tool_name) or "unnamed",
            "input_hash": call.input_hash,
            "output_hash": hash_payload(output, self._reporter.hash_key),
            "duration_ms": min(max(duration_ms, 0), LONGEST_DURATION_MS),
            "session_id": _name(session_id),
            "status": status,
            "timestamp": datetime.fromtimestamp(call.begun_at, timezone.utc).isoformat(),
            "channel": CHANNEL,
            **call.span,
        }
        if call.tool_call_id:
            wire["tool_call_id"] = _name(call.tool_call_id)
        if call.operation:
            wire["operation"] = call.operation
        self._reporter.submit(wire, wants_grant=has_tool)


_RECORDERS: weakref.WeakSet[ToolCallRecorder] = weakref.WeakSet()


def abandon_all(reporter: ReportSink | None = None) -> None:
    """Report all open calls as errors, of one reporter or of all."""
    for recorder in list(_RECORDERS):
        if reporter is None or recorder._reporter is reporter:
            recorder.abandon()


def _reset_all() -> None:
    for recorder in list(_RECORDERS):
        recorder.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)


def in_words(error: object) -> str:
    """Format an exception as `Type: message`, anything else as its text; never raises."""
    try:
        return f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error)
    except Exception:
        return type(error).__name__


def _operation(given: str | None, tool_name: str, inputs: object) -> str | None:
    """Return the caller's word for what a call does, or the derived one where there is none that the API takes."""
    return given if is_operation(given) else operation_of(tool_name, inputs)


def _name(text: object) -> str:
    """Fit for the API: one printable line of valid Unicode, 255 characters at most."""
    line = text if isinstance(text, str) else in_words(text)
    if not (line.isascii() and line.isprintable()):
        line = one_line(line).encode("utf-8", "replace").decode()
    return line[:LONGEST_NAME]
