"""The live feed: publishes stored events to all listeners in this process.

Events are buffered once for all listeners, and each listener keeps its own position. So publishing costs the same for
one listener and for hundreds, and a listener that reads too slowly misses the oldest events instead of filling the
server's memory; it can fetch what it missed from GET /api/v1/events.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from uuid import UUID

from agentsentinel.errors import Overloaded
from agentsentinel.ingest.event import EventReport, Stored

KEPT_EVENTS = 1_000
LISTENERS = 256
LISTENERS_OF_KEY = 32
"""Streams that may be open with one key, browsers that signed in with it included."""


class StoredEvent:
    """One stored event, the answer to it, and its serialized stream message once a listener needed it."""

    __slots__ = ("agent_id", "agent_name", "answer", "message", "report")

    def __init__(self, agent_id: UUID, agent_name: str, report: EventReport, answer: Stored) -> None:
        self.agent_id = agent_id
        self.agent_name = agent_name
        self.report = report
        self.answer = answer
        self.message: str | None = None

    def written(self, write: Callable[["StoredEvent"], str]) -> str:
        """Return the event as a stream message, serialized once, for the first listener that needs it."""
        if self.message is None:
            self.message = write(self)
        return self.message


class Feed:
    """Buffer of the newest events, and the number of listeners of each key."""

    def __init__(self) -> None:
        self._kept: deque[StoredEvent] = deque(maxlen=KEPT_EVENTS)
        self._published = 0
        """How many events were published in all, including those that the buffer has dropped."""
        self._more = asyncio.Event()
        self._listeners: Counter[UUID] = Counter()
        self.is_closed = False

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Add events to the buffer and wake every listener."""
        self._kept.extend(events)
        self._published += len(events)
        self._wake()

    def require_room(self, key_id: UUID) -> None:
        """Raise Overloaded when this key, or all keys together, have the maximum of listeners."""
        if self._listeners[key_id] >= LISTENERS_OF_KEY or self._listeners.total() >= LISTENERS:
            raise Overloaded("Too many event streams are open: close some, or poll GET /api/v1/events", 30)

    @contextmanager
    def listen(self, key_id: UUID) -> Iterator["Listener"]:
        """Yield a listener to all events that are stored while the block runs."""
        self._listeners[key_id] += 1
        try:
            yield Listener(self)
        finally:
            self._listeners[key_id] -= 1
            self._listeners += Counter()  # removes the keys that have no listener left
            if not self._listeners:
                self._kept.clear()

    @property
    def has_listeners(self) -> bool:
        """Whether anyone listens; if not, events need not be published."""
        return bool(self._listeners)

    @property
    def published(self) -> int:
        """How many events were published so far, the position of a listener that has read all."""
        return self._published

    def since(self, number: int) -> list[StoredEvent]:
        """Return the events published after the first `number`, as far as they are still buffered."""
        new = min(self._published - number, len(self._kept))
        return list(islice(self._kept, len(self._kept) - new, None))

    async def wait(self) -> None:
        """Wait until an event is published or the feed closes."""
        await self._more.wait()

    def close(self) -> None:
        """Close the feed and wake every listener, because the server stops."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        more, self._more = self._more, asyncio.Event()
        more.set()


class Listener:
    """One reader of the feed; its position starts at the moment it is created."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._read = feed.published

    async def next(self, seconds: float) -> list[StoredEvent]:
        """Return the events published since the last call, waiting up to `seconds` for one; empty on timeout."""
        if self._feed.published == self._read and not self._feed.is_closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._feed.wait()
        news = self._feed.since(self._read)
        self._read = self._feed.published
        return news
