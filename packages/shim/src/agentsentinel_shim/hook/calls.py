"""What a coding agent hands to a hook, read into one shape for all of them.

A hook runs for every tool call, so this module and what it imports start in a few milliseconds: no `re`, no `typing`,
no `dataclasses`, no `json`.

The payloads, with their sources (read 2026-11-29):

* Claude Code (code.claude.com/docs/en/hooks): `session_id`, `hook_event_name`, `tool_name`, `tool_input`,
  `tool_use_id`; PostToolUse adds `tool_response`, PostToolUseFailure `error` and `is_interrupt`.
* Codex (developers.openai.com/codex/hooks): the names of Claude Code, and `turn_id`; there is no failure event, so the
  outcome is read from `tool_response`.
* Cursor (cursor.com/docs/agent/hooks): `conversation_id`, `hook_event_name`, `tool_name` (`MCP:server:tool` for
  servers), `tool_input`, `tool_use_id`; postToolUse adds `tool_output` and `duration` in milliseconds,
  postToolUseFailure `error_message` and `failure_type`.
* Copilot (docs.github.com, Copilot CLI hooks reference): `sessionId`, `toolName`, `toolArgs` (an object or its JSON),
  `toolResult` with `resultType`; the payload does not name its event, so the command does (`--event`).
"""

from __future__ import annotations

from agentsentinel_core.operations.derive import operation_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BEFORE, AFTER = "before", "after"
PHASES = {
    "pretooluse": (BEFORE, ""),
    "posttooluse": (AFTER, ""),
    "posttoolusefailure": (AFTER, "error"),
}
"""Event in lower case -> when it happens, and the outcome it implies; "" leaves the outcome to the payload."""

_SESSION = ("session_id", "conversation_id", "sessionId")
_CALL_ID = ("tool_use_id", "toolUseId", "tool_call_id", "toolCallId")
_NAME = ("tool_name", "toolName")
_INPUT = ("tool_input", "toolArgs")
_OUTPUT = ("tool_response", "tool_output", "toolResult", "error", "error_message")
_DURATION = ("duration_ms", "duration")
_FAILURES = (("isError", True), ("is_error", True), ("success", False), ("interrupted", True), ("ok", False))
_EXIT_CODES = ("exit_code", "exitCode")
_RESULT_TYPES = {"success": "ok", "denied": "denied", "rejected": "denied", "failure": "error", "error": "error"}
_DENIALS = ("permission_denied", "denied", "rejected")


class Call:
    """One side of a tool call."""

    __slots__ = (
        "call_id",
        "duration_ms",
        "name",
        "operation",
        "output",
        "phase",
        "server",
        "session",
        "status",
        "value",
    )

    phase: str
    """`BEFORE` or `AFTER`."""
    name: str
    server: str
    """Name of the MCP server; empty for a tool of the client itself."""
    value: Any
    """The tool's input."""
    output: Any
    status: str
    """"ok", "error" or "denied"; empty before the call."""
    call_id: str
    session: str
    duration_ms: float | None
    operation: str
    """What the call does with its tool, in listed words; empty where that is not known."""


def read_call(payload: Any, event: str) -> Call | None:
    """Return the call in a payload; None for an event that is not about one.

    Args:
        event: name of the event where the payload has none.
    """
    if not isinstance(payload, dict):
        return None
    phase = PHASES.get(str(payload.get("hook_event_name") or event).lower())
    name = _text(_first(payload, _NAME))
    if phase is None or not name:
        return None
    call = Call()
    call.phase, implied = phase
    call.server, call.name = split_name(name)
    call.value = _unpacked(_first(payload, _INPUT))
    call.output = _first(payload, _OUTPUT) if call.phase == AFTER else None
    call.status = (_denial(payload) or implied or outcome(_unpacked(call.output))) if call.phase == AFTER else ""
    call.call_id = _text(_first(payload, _CALL_ID))
    call.session = _text(_first(payload, _SESSION))
    duration = _first(payload, _DURATION)
    is_number = isinstance(duration, (int, float)) and not isinstance(duration, bool)
    call.duration_ms = duration if is_number and call.phase == AFTER else None
    call.operation = operation_of(call.name, call.value) or ""
    return call


def may_be_before(payload: Any, event: str) -> bool:
    """Whether a payload can be that of an event before a call: unless it, or the command, names another event."""
    named = payload.get("hook_event_name") if isinstance(payload, dict) else None
    return PHASES.get(str(named or event).lower(), ("" if named or event else BEFORE, ""))[0] == BEFORE


def unreadable_call() -> Call:
    """Return the side before a call of which nothing could be read."""
    call = Call()
    call.phase, call.name, call.value, call.output, call.duration_ms = BEFORE, "unnamed", None, None, None
    call.server = call.status = call.call_id = call.session = call.operation = ""
    return call


def split_name(name: str) -> tuple[str, str]:
    """Return the MCP server and the tool in a client's name of it; no server for a tool of the client itself."""
    for prefix, sign in (("mcp__", "__"), ("MCP:", ":")):
        if name.startswith(prefix):
            server, found, tool = name[len(prefix) :].partition(sign)
            if found and server and tool:
                return server, tool
    return "", name


def outcome(output: Any) -> str:
    """Return how a call ended, by what the tool gave: "ok", "error" or "denied"."""
    if not isinstance(output, dict):
        return "ok"
    kind = output.get("resultType")
    if isinstance(kind, str) and kind in _RESULT_TYPES:
        return _RESULT_TYPES[kind]
    has_failed = any(output.get(name) is value for name, value in _FAILURES) or any(
        isinstance(output.get(name), int) and output[name] != 0 for name in _EXIT_CODES
    )
    return "error" if has_failed else "ok"


def _denial(payload: Any) -> str:
    return "denied" if payload.get("failure_type") in _DENIALS else ""


def _first(payload: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if payload.get(name) is not None:
            return payload[name]
    return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unpacked(value: Any) -> Any:
    """Return the data in a text that is JSON: some clients hand arguments over so."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        from agentsentinel_shim.hook.light_json import parse

        try:
            return parse(value)
        except Exception:  # it only looks like JSON
            return value
    return value
