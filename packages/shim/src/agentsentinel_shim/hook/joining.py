"""Joins the two sides of a tool call into one event.

Sides are joined by the client's id of the call; where it gives none, by session, tool and input, the oldest first. A
call whose end never comes is reported as an error before it is too old to be sent. A call that was refused is an event
at once, and what the client says after it is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from agentsentinel_core.limits import LONGEST_DURATION_MS
from agentsentinel_core.uuid7 import RANDOM_BITS, make_uuid7
from agentsentinel_sdk.hashing import hash_text
from agentsentinel_shim.hook.calls import AFTER
from agentsentinel_shim.reporting import printable

CHANNEL = "hook"
DENY, DENIED = "deny", "denied"
UNFINISHED_SECONDS = 23 * 3600.0
"""After that a call has no end: the server takes no event older than a day from the key of an agent."""
MOST_OPEN = 10_000
MOST_FINISHED = 2000
MOST_REFUSED = 2000
Record = dict[str, Any]


class Sender(NamedTuple):
    """Whose event it is, and where it goes."""

    client: str
    url: str
    key_file: str


class Joiner:
    """The calls that have begun and not ended. Its state is plain data, so that it outlives the process."""

    def __init__(self, state: Any = None) -> None:
        known = state if isinstance(state, dict) else {}
        self.open: dict[str, list[Record]] = known.get("open", {})
        self.finished: dict[str, None] = dict.fromkeys(known.get("finished", []))
        """Keys of calls with an id that ended: a client that runs two hooks ends them twice."""
        self.refused: dict[str, int] = known.get("refused", {})
        """Keys of calls without an id -> how many were refused and may still be ended by the client."""

    @property
    def state(self) -> dict[str, Any]:
        """What is kept until the next process."""
        return {"open": self.open, "finished": list(self.finished), "refused": self.refused}

    def add(self, record: Record) -> tuple[Sender, dict[str, Any]] | None:
        """Take one side; return the event of a call that it ends."""
        key = _key_of(record)
        if key in self.finished:
            return None
        if record["phase"] != AFTER:
            if record.get("decision") == DENY:
                return self._refuse(key, record)
            self._begin(key, record)
            return None
        if self._was_refused(key, record):
            return None
        begun = self.open.get(key, [])
        before = begun.pop(0) if begun else None
        if not begun:
            self.open.pop(key, None)
        self._finish(key, record)
        return _sender_of(record), event_of(before, record)

    def expired(self, now: float) -> Iterator[tuple[Sender, dict[str, Any]]]:
        """Give up the calls that began too long ago, and return their events."""
        for key, records in list(self.open.items()):
            old = [record for record in records if record["at"] < now - UNFINISHED_SECONDS]
            self.open[key] = records[len(old) :]
            if not self.open[key]:
                del self.open[key]
            for record in old:
                yield _sender_of(record), event_of(record, None)

    def _refuse(self, key: str, record: Record) -> tuple[Sender, dict[str, Any]]:
        """Return the event of a refused call, and remember that there is nothing to end."""
        if record.get("call_id"):
            self.open.pop(key, None)  # another hook of ours that decides nothing
            self._finish(key, record)
        else:
            self.refused[key] = self.refused.pop(key, 0) + 1
            if len(self.refused) > MOST_REFUSED:
                del self.refused[next(iter(self.refused))]
        return _sender_of(record), event_of(record, None)

    def _was_refused(self, key: str, record: Record) -> bool:
        """Whether a side after a call is the client's word about one that was refused; each is so once."""
        if key not in self.refused or (self.open.get(key) and record.get("status") != DENIED):
            return False
        self.refused[key] -= 1
        if not self.refused[key]:
            del self.refused[key]
        return True

    def _finish(self, key: str, record: Record) -> None:
        if record.get("call_id"):
            self.finished[key] = None
            if len(self.finished) > MOST_FINISHED:
                del self.finished[next(iter(self.finished))]

    def _begin(self, key: str, record: Record) -> None:
        records = self.open.setdefault(key, [])
        if records and record.get("call_id"):
            return  # the same side from a second hook
        records.append(record)
        if len(self.open) > MOST_OPEN:
            del self.open[next(iter(self.open))]


def event_of(before: Record | None, after: Record | None) -> dict[str, Any]:
    """Return the event of a call as the API takes it.

    Its id follows from what it is made of, so an event that is sent twice is stored once.
    """
    whole = {**(before or {}), **(after or {})}
    duration_ms = _duration_ms(before, after)
    started = before["at"] if before else whole["at"] - duration_ms / 1000
    optional = {
        "session_id": printable(whole.get("session", "")),
        "tool_call_id": printable(whole.get("call_id", "")),
        "server_name": printable(whole.get("server", "")),
        "operation": whole.get("operation", ""),
    }
    is_refused = whole.get("decision") == DENY
    return {
        "event_id": _event_id(before, after),
        "tool_name": printable(whole["tool"]) or "unnamed",
        "input_hash": (before or whole)["input"],
        "output_hash": whole.get("output") or hash_text("refused" if is_refused else "unfinished"),
        "duration_ms": min(duration_ms, LONGEST_DURATION_MS),
        "status": DENIED if is_refused else whole.get("status") or "error",
        "timestamp": datetime.fromtimestamp(started, timezone.utc).isoformat(),
        "channel": CHANNEL,
        **{name: value for name, value in optional.items() if value},
        **_decision_of(whole),
    }


def _decision_of(whole: Record) -> dict[str, Any]:
    """Return what was decided about a call, where anything was."""
    if not whole.get("decision"):
        return {}
    rule = {"policy_rule": whole["rule"]} if whole.get("rule") else {}
    return {"decision": whole["decision"], "would_block": bool(whole.get("would_block")), **rule}


def _duration_ms(before: Record | None, after: Record | None) -> int:
    """Return how long a call took: as the client says, or else between its two hooks."""
    if after is None:
        return 0
    said = after.get("duration_ms")
    if said is None:
        said = (after["at"] - before["at"]) * 1000 if before else 0
    return max(0, round(said))


def _event_id(before: Record | None, after: Record | None) -> str:
    first = before or after or {}
    digest = hashlib.sha256(repr([sorted((side or {}).items()) for side in (before, after)]).encode()).digest()
    return str(make_uuid7(first["at"], int.from_bytes(digest[:8], "big") >> (64 - RANDOM_BITS)))


def _key_of(record: Record) -> str:
    identity = record.get("call_id") or "\0".join((record["tool"], record.get("server", ""), record["input"]))
    return "\0".join((record["client"], record.get("session", ""), identity))


def _sender_of(record: Record) -> Sender:
    return Sender(record["client"], record.get("url", ""), record.get("key_file", ""))
