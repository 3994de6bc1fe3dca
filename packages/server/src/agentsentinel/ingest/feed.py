"""The live feed: news of stored events, to whoever listens in this process.

A listener that reads too slowly loses the oldest news, not the server's memory; it can fetch what it missed.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from agentsentinel.ingest.event import EventReport, Stored

QUEUE_LENGTH = 1000


class StoredEvent(NamedTuple):
    """One stored event and what was said of it."""

    agent_id: UUID
    agent_name: str
    report: EventReport
    answer: Stored


Queue = asyncio.Queue[StoredEvent | None]
"""News; None wakes a listener when the feed closes."""


class Feed:
    """Listeners, each with a queue of its own."""

    def __init__(self) -> None:
        self._queues: set[Queue] = set()
        self.is_closed = False

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Tell every listener."""
        for queue in self._queues:
            for event in events:
                _put(queue, event)

    @contextmanager
    def listen(self) -> Iterator[Queue]:
        """A queue that gets all events stored while the block runs."""
        queue: Queue = asyncio.Queue(QUEUE_LENGTH)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    @property
    def has_listeners(self) -> bool:
        """Whether publishing is worth the trouble."""
        return bool(self._queues)

    def close(self) -> None:
        """Send every listener home: the server stops."""
        self.is_closed = True
        for queue in self._queues:
            _put(queue, None)


def _put(queue: Queue, news: StoredEvent | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(news)
