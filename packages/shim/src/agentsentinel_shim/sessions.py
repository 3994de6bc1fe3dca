"""Names the session of a call: what the client says, else the protocol's session, else a stretch without a long pause.

A connection or a process says nothing about sessions since 2026-07-28: one carries many, and one takes many.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

IDLE_SECONDS = 300.0
"""A client that pauses longer begins another session."""
MOST_CLIENTS = 10_000
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace_id>[0-9a-f]{32})-(?P<span_id>[0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?\Z")
_SESSION_NAMES = ("session.id", "gen_ai.conversation.id", "conversation_id", "session_id")
"""Members of `baggage` and of `_meta` by which clients name a conversation, the most specific first."""
_LONGEST = 255


class _Stretch(NamedTuple):
    session_id: str
    last_at: float


class SessionClock:
    """Groups calls into sessions.

    Args:
        make_id: makes the id of a session without a name.
    """

    def __init__(self, make_id: Callable[[], str] = lambda: f"shim-{secrets.token_hex(4)}") -> None:
        self._make_id = make_id
        self._stretches: OrderedDict[str, _Stretch] = OrderedDict()

    def session_of(self, client: str, protocol_session: str | None, params: Mapping[str, Any], at: float) -> str:
        """Return the session of a message that `client` sent at Unix time `at`; 1..255 characters."""
        named = _named_session(params) or protocol_session
        if named:
            return named[:_LONGEST]
        stretch = self._stretches.pop(client, None)
        is_same = stretch is not None and at - stretch.last_at <= IDLE_SECONDS
        session_id = stretch.session_id if stretch is not None and is_same else self._make_id()
        self._stretches[client] = _Stretch(session_id, at)
        if len(self._stretches) > MOST_CLIENTS:
            self._stretches.popitem(last=False)
        return session_id


def trace_of(params: Mapping[str, Any]) -> dict[str, str]:
    """Return `trace_id` and `span_id` of the trace context in `_meta`; empty without a valid one."""
    match = _TRACEPARENT.match(_text(_meta(params).get("traceparent")))
    if match is None or not match["trace_id"].strip("0") or not match["span_id"].strip("0"):
        return {}
    return match.groupdict()


def _named_session(params: Mapping[str, Any]) -> str:
    meta = _meta(params)
    names = {**_baggage(_text(meta.get("baggage"))), **{name: _text(meta.get(name)) for name in _SESSION_NAMES[2:]}}
    return next((names[name] for name in _SESSION_NAMES if names.get(name)), "")


def _baggage(header: str) -> dict[str, str]:
    """Return the members of a W3C baggage; properties after a semicolon are left out."""
    pairs = (member.split(";")[0].partition("=") for member in header[:8192].split(","))
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _meta(params: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = params.get("_meta")
    return meta if isinstance(meta, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
