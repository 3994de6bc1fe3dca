"""Stands before the upstream in enforce mode: reads each body strictly, and refuses what may not pass.

A call that a rule denies is answered with a result that says so, since the model reads results; a message that parsers
read differently is a JSON-RPC error, because what it asks for is not certain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentsentinel_shim.conversation import Link, ListsSeen
from agentsentinel_shim.copies import MOST_COPIED
from agentsentinel_shim.enforcement.judge import SMUGGLING, Judge
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.headers import McpHeaders
from agentsentinel_shim.jsonrpc import Defect, Kind, Message, Reading, fold, read
from agentsentinel_shim.lists import STEERING
from agentsentinel_shim.modern import HEADER_MISMATCH, INVALID_REQUEST, VERSION_MEMBER
from agentsentinel_shim.sessions import SessionClock

CALL = "tools/call"
MOST_JUDGED = MOST_COPIED
"""Bytes of a body that is judged; a longer one is refused."""
SETTLE_SECONDS, SETTLE_TRIES = 0.05, 40
"""Pause and number of looks at whether a list that a client has asked for is read, before its call is judged."""


@dataclass(frozen=True)
class Judged:
    """A body after judgement."""

    reading: Reading
    verdicts: Mapping[int, Verdict]
    """Verdicts of the calls in it, by the place of their message."""
    answer: bytes | None = None
    """What the client is answered instead of the upstream's answer; None to forward the body. Empty for a body without
    a request, which has no answer."""
    status: int = 200
    """Status of that answer over HTTP."""

    @property
    def is_refused(self) -> bool:
        """Whether the body may not be forwarded."""
        return self.answer is not None


class Gate:
    """Judges the bodies of one relay. For one thread.

    Args:
        judge: decides about calls.
        server_name: returns the name of the MCP server, as far as it is known.
        catch_up: looks at all answers that were forwarded so far, and returns the lists among them; None when that
            takes too long. Without it, every answer was looked at before the next message is judged.
    """

    def __init__(
        self, judge: Judge, server_name: Callable[[], str], catch_up: Callable[[], ListsSeen | None] | None = None
    ) -> None:
        self._judge = judge
        self._catch_up = catch_up
        self._asked_lists = 0
        self._may_lag = False
        self._dropped = 0
        self._read_before: int | None = None
        """Lists that were read when messages were dropped; None when one was read since."""
        self._sessions = SessionClock()  # of its own, since events are made on another thread
        self._server_name = server_name

    def verdict(self, link: Link, message: Message, at: float) -> Verdict | None:
        """Return the verdict about a message; None for one that calls no tool."""
        if message.method in STEERING:
            self._asked_lists += 1
            self._may_lag = True  # its answer is looked at after it was forwarded, and the client may be faster
        if message.method != CALL:
            return None
        params = message.params or {}
        name, arguments = params.get("name"), params.get("arguments")
        return self._judge.judge(
            self._server_name(),
            name if isinstance(name, str) and name else "unnamed",
            {} if arguments is None else arguments if isinstance(arguments, dict) else None,
            self._sessions.session_of(link.client, link.session_id, params, at),
            at,
            principal=link.principal,
            client=link.client,
            is_current=not self.awaits_a_list(link),
        )

    def awaits_a_list(self, link: Link) -> bool:
        """Whether a client may know a list that was not looked at: its answer is late, or could not be read."""
        if not self._may_lag or self._catch_up is None:
            return False
        seen = self._catch_up()
        if seen is None:
            return True
        if seen.dropped > self._dropped:
            self._dropped, self._read_before = seen.dropped, seen.read
        has_gap = self._read_before is not None and seen.read <= self._read_before
        if not has_gap:
            self._read_before = None
        self._may_lag = has_gap or bool(seen.unread) or seen.asked < self._asked_lists
        return has_gap or (link.client, link.principal) in seen.unread

    def judge(self, link: Link, body: bytes, at: float, headers: McpHeaders | None = None) -> Judged:
        """Judge a body before it is forwarded; `headers` are those of an HTTP request."""
        reading = read(body)
        defects = [*reading.defects, *_disguised(reading)]
        if defects:
            return _unclear(Reading(reading.messages, tuple(defects)), INVALID_REQUEST, 200)
        differing = [defect for message in reading.messages for defect in _contradictions(headers, message)]
        if differing:
            return _unclear(Reading(reading.messages, tuple(differing)), HEADER_MISMATCH, 400)
        verdicts = {}
        for place, message in enumerate(reading.messages):
            verdict = self.verdict(link, message, at)
            if verdict is not None:
                verdicts[place] = verdict
        if all(verdict.decision == "allow" for verdict in verdicts.values()):
            return Judged(reading, verdicts)
        return Judged(reading, verdicts, _answer(body, reading.messages, verdicts))


def too_long() -> Judged:
    """Return the judgement of a body that is too long to be read."""
    defect = Defect("not-a-message", f"longer than {MOST_JUDGED // 1024 // 1024} MiB")
    return _unclear(Reading((), (defect,)), INVALID_REQUEST, 413)


def _disguised(reading: Reading) -> list[Defect]:
    """Return the calls that are written so that a tolerant server takes them for one, and a strict one does not."""
    found = []
    for message in reading.messages:
        is_call = message.method == CALL
        if not is_call and fold(message.method).strip() == CALL:
            found.append(Defect("look-alike-member", "method"))
        elif is_call and not isinstance((message.params or {}).get("name"), str):
            found.append(Defect("not-a-message", "params.name is not text"))
    return found


def _contradictions(headers: McpHeaders | None, message: Message) -> list[Defect]:
    if headers is None:
        return []
    found = headers.contradictions(message)
    meta = (message.params or {}).get("_meta")
    has_version = isinstance(meta, dict) and VERSION_MEMBER in meta
    if headers.is_modern and message.kind is Kind.REQUEST and not has_version:
        found.append(Defect("header-and-body-differ", "MCP-Protocol-Version"))
    return found


def _unclear(reading: Reading, code: int, status: int) -> Judged:
    """Refuse a body whole: what it means depends on who reads it."""
    denied = Verdict("deny", rule=SMUGGLING, why="the message can be read in two ways")
    verdicts = {place: denied for place, message in enumerate(reading.messages) if message.method == CALL}
    what = ", ".join(f"{defect.kind} ({defect.detail})" for defect in reading.defects[:3])
    why = f"refused by AgentSentinel: this message cannot be read with certainty: {what}"
    requests = [message for message in reading.messages if message.kind is Kind.REQUEST]
    ids = [message.id for message in requests] or [None]
    errors = [_line({"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": why}}) for id_ in ids]
    return Judged(reading, verdicts, _together(errors, is_batch=len(errors) > 1), status)


def _answer(body: bytes, messages: tuple[Message, ...], verdicts: Mapping[int, Verdict]) -> bytes:
    """Answer the requests of a body with a denied call; what came with it in a batch was not forwarded, either."""
    answers = []
    for place, message in enumerate(messages):
        if message.kind is not Kind.REQUEST:
            continue
        verdict = verdicts.get(place)
        if verdict is not None and verdict.decision == "deny":
            answers.append(_line({"jsonrpc": "2.0", "id": message.id, "result": refusal(message, verdict)}))
        else:
            why = "refused by AgentSentinel: another call of this batch is denied, and none of it was forwarded"
            error = {"code": INVALID_REQUEST, "message": why}
            answers.append(_line({"jsonrpc": "2.0", "id": message.id, "error": error}))
    return _together(answers, is_batch=body.lstrip().startswith(b"["))


def refusal(message: Message, verdict: Verdict) -> dict[str, Any]:
    """Return the result of a denied call, in the era of its request."""
    text = f"Refused by AgentSentinel, rule {verdict.rule}: {verdict.why or 'this call is not allowed'}."
    meta = (message.params or {}).get("_meta")
    is_modern = isinstance(meta, dict) and VERSION_MEMBER in meta
    result: dict[str, Any] = {"content": [{"type": "text", "text": text}], "isError": True}
    return {"resultType": "complete", **result} if is_modern else result


def _together(lines: list[bytes], *, is_batch: bool) -> bytes:
    return b"[" + b",".join(lines) + b"]" if is_batch and lines else b"".join(lines)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()
