"""Where the agent's threads leave what they report, and the sending thread finds it.

Putting something in costs the agent a lock and two list operations, and never waits for the network or the disk. The
queue is bounded: when it is full, the oldest entry makes room and is counted.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_QUEUED = 10_000
"""Entries in memory, some 10 MB: minutes of a busy agent, and what the promise of bounded memory allows."""


class Entry(NamedTuple):
    """One tool call on its way."""

    wire: dict[str, Any]
    """The event as the API takes it; without `agent_id` it is one of the reporter's own agent."""
    wants_grant: bool = False
    """Whether the agent has this tool, so that a grant may be stated for it."""
    is_own: bool = True
    """Made by this process; False when it was found in the files of a dead one."""


class EventQueue:
    """First in, first out, from any thread to one. Entries that are being sent still count as being here."""

    def __init__(self, most: int = MOST_QUEUED) -> None:
        self.most = most
        self.reset()

    def reset(self) -> None:
        """Become empty, with fresh locks: what a forked child must do, since its entries are its parent's."""
        # Reentrant, since a signal handler may report while its own thread holds the lock.
        self._lock = threading.RLock()
        self._waiting: deque[Entry] = deque()
        self._taken: list[Entry] = []
        self.wake = threading.Event()
        self.accepted = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._taken)

    @property
    def waiting(self) -> int:
        """Entries that have not been taken yet."""
        return len(self._waiting)

    def put(self, entry: Entry, wake_at: int) -> None:
        """Add one; the sending thread is woken for the first and when `wake_at` wait, not for each."""
        with self._lock:
            self.accepted += 1
            self._waiting.append(entry)
            self._make_room()
            waiting = len(self._waiting)
        if waiting in (1, wake_at):
            self.wake.set()

    @property
    def taken(self) -> Sequence[Entry]:
        """What was taken and has not arrived anywhere yet."""
        return self._taken

    def take(self, most: int) -> list[Entry]:
        """Take the oldest entries; they stay counted until `settle` or `put_back`."""
        with self._lock:
            count = min(most, len(self._waiting))
            self._taken = [self._waiting.popleft() for _ in range(count)]
            return self._taken

    def settle(self) -> None:
        """Forget the taken entries: they have arrived."""
        with self._lock:
            self._taken = []

    def put_back(self) -> None:
        """Return the taken entries to the head of the queue; the oldest beyond the limit are dropped."""
        with self._lock:
            self._waiting.extendleft(reversed(self._taken))
            self._taken = []
            self._make_room()

    def take_all(self) -> Sequence[Entry]:
        """Everything, also what is being sent: for the last moment of a process."""
        with self._lock:
            self._taken = [*self._taken, *self._waiting]
            self._waiting.clear()
            return self._taken

    def drop_taken(self) -> int:
        """Give up what was taken, and count it; how many that was."""
        with self._lock:
            count = len(self._taken)
            self.dropped += count
            self._taken = []
            return count

    def _make_room(self) -> None:
        while len(self._waiting) > self.most:
            self._waiting.popleft()
            self.dropped += 1
