"""The cutter: divides the calls of one agent into sessions, by session id and by idle time.

A session ends after five idle minutes or 256 calls, whatever its id says, so that one endless session cannot hide in
its own length. Sessions of different ids overlap, since an agent may serve several users at once. But when three calls
in a row bring a new id each, ids are no longer believed: the third call, and each further one with a new id, continues
the session of the second, until an id returns. A client that makes up an id for each call is therefore cut like one
that sends none, its first call apart.
"""

from typing import Any, NamedTuple

IDLE_SECONDS = 300.0
"""Silence after which a session is over."""
MAX_CALLS = 256
"""Calls after which a session is over; the longest recorded one of normal work has fewer than 100."""
MAX_OPEN = 64
"""Sessions of one agent that are open at once; beyond it the one that was idle longest ends."""


class Cut(NamedTuple):
    """Place of one call among the sessions of its agent."""

    session: int
    """Number of the call's session, counted from 0 in the order of their first calls."""
    is_first: bool
    """Whether the call is the first of its session."""
    ended: tuple[int, ...]
    """Numbers of the sessions that were over before this call, the one that ended first coming first."""


NEW_IDS = 2
"""Calls in a row with a new id each, after which a further new id is not believed."""


class _OpenSession:
    __slots__ = ("calls", "ids", "last_at", "number")

    def __init__(self, number: int, at: float) -> None:
        self.number = number
        self.last_at = at
        self.calls = 0
        self.ids: list[str | None] = []
        """Different session ids of its calls, in order; at most MAX_CALLS."""


class SessionCutter:
    """Open sessions of one agent. Amortized O(1) for each call; at most MAX_OPEN times MAX_CALLS ids are kept."""

    __slots__ = ("_by_id", "_new_ids", "_next", "_open")

    def __init__(self) -> None:
        self._open: dict[int, _OpenSession] = {}
        """Open sessions by number, the one that was idle longest first."""
        self._by_id: dict[str | None, _OpenSession] = {}
        self._next = 0
        self._new_ids = 0
        """Calls in a row, without an idle time between them, that each brought a new id."""

    def pack(self) -> dict[str, Any]:
        """Return the state as lists, numbers and texts."""
        return {
            "open": [[one.number, one.last_at, one.calls, one.ids] for one in self._open.values()],
            "by_id": [[session_id, session.number] for session_id, session in self._by_id.items()],
            "next": self._next,
            "new_ids": self._new_ids,
        }

    def unpack(self, plain: dict[str, Any]) -> None:
        """Take over the state that `pack` returned."""
        for number, last_at, calls, ids in plain["open"]:
            session = self._open[number] = _OpenSession(number, last_at)
            session.calls, session.ids = calls, list(ids)
        self._by_id = {session_id: self._open[number] for session_id, number in plain["by_id"]}
        self._next, self._new_ids = plain["next"], plain["new_ids"]

    def cut(self, session_id: str | None, at: float) -> Cut:
        """Place the next call of the agent; `at` is in POSIX seconds. A call that arrives late ends no session."""
        ended = self._end_idle(at)
        session = self._find(session_id)
        ended += self._end_full()
        is_first = session is None
        if session is None:
            session = _OpenSession(self._next, at)
            self._next += 1
        if self._by_id.get(session_id) is not session:
            self._by_id[session_id] = session
            session.ids.append(session_id)
        session.calls += 1
        session.last_at = max(session.last_at, at)
        self._open.pop(session.number, None)
        self._open[session.number] = session
        if len(self._open) > MAX_OPEN:
            ended.append(self._end(next(iter(self._open.values()))))
        if session.calls == MAX_CALLS:
            self._forget_ids(session)
        return Cut(session.number, is_first, tuple(ended))

    def _find(self, session_id: str | None) -> _OpenSession | None:
        """Return the open session that a call of this id continues."""
        session = self._by_id.get(session_id)
        if session is not None:
            self._new_ids = 0
            return session
        self._new_ids = self._new_ids + 1 if self._open else 1
        if self._new_ids <= NEW_IDS:
            return None
        newest = next(reversed(self._open.values()))
        return newest if newest.calls < MAX_CALLS else None

    def _end_idle(self, at: float) -> list[int]:
        ended: list[int] = []
        while self._open:
            oldest = next(iter(self._open.values()))
            if at - oldest.last_at < IDLE_SECONDS:
                break
            ended.append(self._end(oldest))
        return ended

    def _end_full(self) -> list[int]:
        """End the session of the call before if that was its last: waiting for its idle time would keep its calls."""
        newest = next(reversed(self._open.values()), None)
        return [self._end(newest)] if newest is not None and newest.calls >= MAX_CALLS else []

    def _end(self, session: _OpenSession) -> int:
        del self._open[session.number]
        self._forget_ids(session)
        return session.number

    def _forget_ids(self, session: _OpenSession) -> None:
        for session_id in session.ids:
            if self._by_id.get(session_id) is session:
                del self._by_id[session_id]
