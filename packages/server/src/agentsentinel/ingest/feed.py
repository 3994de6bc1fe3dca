"""The live feed: news of stored events, to everybody who listens in this process.

News are kept once, however many listen, and each listener knows how far it has read. So publishing costs the same for
one listener and for hundreds, and a listener that reads too slowly loses the oldest news, not the server's memory; it
can fetch what it missed.
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
"""Streams of one key, or of all browsers that signed in with it."""


class StoredEvent:
    """One stored event, what was said of it, and the words of the stream for it once somebody has written them."""

    __slots__ = ("agent_id", "agent_name", "answer", "message", "report")

    def __init__(self, agent_id: UUID, agent_name: str, report: EventReport, answer: Stored) -> None:
        self.agent_id = agent_id
        self.agent_name = agent_name
        self.report = report
        self.answer = answer
        self.message: str | None = None

    def written(self, write: Callable[["StoredEvent"], str]) -> str:
        """The event in the words of the stream, written for the first listener that wants it."""
        if self.message is None:
            self.message = write(self)
        return self.message


class Feed:
    """The newest events, and who listens to them."""

    def __init__(self) -> None:
        self._kept: deque[StoredEvent] = deque(maxlen=KEPT_EVENTS)
        self._published = 0
        """How many events there were, those that are not kept any more included."""
        self._more = asyncio.Event()
        self._listeners: Counter[UUID] = Counter()
        self.is_closed = False

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Let every listener know."""
        self._kept.extend(events)
        self._published += len(events)
        self._wake()

    def require_room(self, key_id: UUID) -> None:
        """Raise Overloaded when this key, or all together, have as many listeners as may be."""
        if self._listeners[key_id] >= LISTENERS_OF_KEY or self._listeners.total() >= LISTENERS:
            raise Overloaded("As many streams are open as may be: close some, or poll GET /api/v1/events", 30)

    @contextmanager
    def listen(self, key_id: UUID) -> Iterator["Listener"]:
        """A listener to all events that are stored while the block runs."""
        self._listeners[key_id] += 1
        try:
            yield Listener(self)
        finally:
            self._listeners[key_id] -= 1
            self._listeners += Counter()  # forget who has none left
            if not self._listeners:
                self._kept.clear()

    @property
    def has_listeners(self) -> bool:
        """Whether publishing is worth the trouble."""
        return bool(self._listeners)

    @property
    def published(self) -> int:
        """How many events were published so far."""
        return self._published

    def since(self, number: int) -> list[StoredEvent]:
        """The events after so many, as far as they are still kept."""
        new = min(self._published - number, len(self._kept))
        return list(islice(self._kept, len(self._kept) - new, None))

    async def wait(self) -> None:
        """Until something is published, or the feed closes."""
        await self._more.wait()

    def close(self) -> None:
        """Send every listener home: the server stops."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        more, self._more = self._more, asyncio.Event()
        more.set()


class Listener:
    """One reader of the feed, from the moment it is made."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._read = feed.published

    async def next(self, seconds: float) -> list[StoredEvent]:
        """What was published since the last call; waits so many seconds for something. Empty when nothing came."""
        if self._feed.published == self._read and not self._feed.is_closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._feed.wait()
        news = self._feed.since(self._read)
        self._read = self._feed.published
        return news
