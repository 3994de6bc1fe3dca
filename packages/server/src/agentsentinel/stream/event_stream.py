"""The Redis stream as seen by one process that stores events: it publishes its own news and reads those of the others.

Redis is never the truth. While it is away, entries wait in memory up to a bound. Each entry is numbered by its origin,
so a reader notices a missing one (`on_gap`), and leaves out a repeated one.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agentsentinel.kit.tasks import is_cancelled, keep_going
from agentsentinel.stream.entry import BadEntry, Entry, fields_of

log = structlog.get_logger(__name__)

KEY = "agent_events"
RETRY_SECONDS = 0.5
FLUSH_SECONDS = 1.0
BLOCK_SECONDS = 2.0
TIMEOUT_SECONDS = 4.0
SAY_SECONDS = 60.0
"""Shortest time between two lines of the log about entries that cannot be read."""
MOST_READ = 500
"""Entries read at once."""
MOST_SENT = 200
PACE_SECONDS = 0.002
"""Rest after each sending and each reading, so that a busy server does either with many entries at once."""
MOST_WAITING_BYTES = 64 * 1024 * 1024
"""Bytes of entries that wait for Redis. Beyond that they are dropped, and readers notice the gap."""
UNREACHABLE = (RedisError, OSError, TimeoutError)


def connect(url: str) -> Redis:
    """Return a client that connects when it is used."""
    # Version 2 of the protocol, in which the answers of streams have one form in all versions of the library.
    return Redis.from_url(
        url, protocol=2, socket_timeout=TIMEOUT_SECONDS + BLOCK_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


def log_failure(event: str, error: BaseException) -> None:
    """Log that Redis cannot be used: a line while it is away, the whole traceback of what is not expected."""
    if isinstance(error, UNREACHABLE):
        log.warning(event, error=repr(error)[:300])
    else:
        log.error(event, exc_info=error)


class EventStream:
    """Publishes what this process stores, and hands over what others did.

    Args:
        on_entry: called with each entry of another process, in the order of the stream.
        on_gap: called when entries of others may have been missed.
    """

    def __init__(self, url: str, on_entry: Callable[[Entry], None], on_gap: Callable[[], None]) -> None:
        self._redis = connect(url)
        self._origin = secrets.token_hex(8)
        self._on_entry = on_entry
        self._on_gap = on_gap
        self._waiting: deque[tuple[int, dict[str, bytes | str | int]]] = deque()
        self._waiting_bytes = 0
        self._has_more = asyncio.Event()
        self._numbers: dict[str, int] = {}
        """Origin -> number of the newest entry read."""
        self._published = 0
        self._is_reading = False
        self._is_publishing = True
        self._has_said_so = False
        """Whether the log says that Redis cannot be read."""
        self._unreadable = 0
        """Entries that could not be read since the log last said so."""
        self._said_unreadable_at = -SAY_SECONDS

    @property
    def is_up(self) -> bool:
        """Whether the news of the others arrive here, and those of this process there."""
        return self._is_reading and self._is_publishing

    async def flush(self) -> None:
        """Wait until everything is published, at most `FLUSH_SECONDS`, because the process ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                while self._waiting and self.is_up:  # noqa: ASYNC110 - once in a process
                    await asyncio.sleep(0.01)

    def publish(self, transaction: int, events: bytes, names: Mapping[UUID, str]) -> None:
        """Queue the news of a commit; never blocks."""
        self._published += 1
        self._waiting.append((len(events), fields_of(self._origin, self._published, transaction, events, names)))
        self._waiting_bytes += len(events)
        while self._waiting_bytes > MOST_WAITING_BYTES:
            self._waiting_bytes -= self._waiting.popleft()[0]
        self._has_more.set()

    async def run(self) -> None:
        """Publish and read until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_going(self._publish_all, self._note_unwritten))
                tasks.create_task(keep_going(self._read_all, self._note_unread))
        finally:
            await self._redis.aclose()

    async def _publish_all(self) -> None:
        while not is_cancelled():
            while self._waiting and not is_cancelled():
                await self._send(min(len(self._waiting), MOST_SENT))
                self._is_publishing = True
                await asyncio.sleep(PACE_SECONDS)
            self._has_more.clear()
            await self._has_more.wait()

    def _note_unwritten(self, error: BaseException) -> float:
        if self._is_publishing:
            log_failure("stream_not_written", error)
        self._is_publishing = False
        return RETRY_SECONDS

    async def _send(self, count: int) -> None:
        """Send the oldest entries. One that Redis took without saying so is sent again, and readers leave it out."""
        batch = [self._waiting[place] for place in range(count)]
        pipeline = self._redis.pipeline(transaction=False)
        for _, fields in batch:
            pipeline.xadd(KEY, fields)  # type: ignore[arg-type]  # its annotation lacks what it takes
        await pipeline.execute()
        for entry in batch:
            if self._waiting and self._waiting[0] is entry:  # not dropped meanwhile
                self._waiting_bytes -= self._waiting.popleft()[0]

    async def _read_all(self) -> None:
        position = await self._newest()
        self._on_gap()
        self._is_reading, self._has_said_so = True, False
        while not is_cancelled():
            position = await self._read(position)
            await asyncio.sleep(PACE_SECONDS)

    def _note_unread(self, error: BaseException) -> float:
        if not self._has_said_so:
            log_failure("stream_unavailable", error)
        self._is_reading, self._has_said_so = False, True
        return RETRY_SECONDS

    async def _newest(self) -> bytes:
        """Return the position behind all entries that are there now."""
        newest: Any = await self._redis.xrevrange(KEY, count=1)
        if not self._is_reading:
            log.info("stream_connected")
        self._numbers.clear()
        return bytes(newest[0][0]) if newest else b"0-0"

    async def _read(self, position: bytes) -> bytes:
        """Read the next entries; returns the position behind them."""
        answer: Any = await self._redis.xread({KEY: position}, count=MOST_READ, block=int(BLOCK_SECONDS * 1000))
        newest = position
        for _, entries in answer or ():
            for identifier, fields in entries:
                self._take(fields)
                newest = identifier
        return newest

    def _take(self, fields: Mapping[bytes, bytes]) -> None:
        if fields.get(b"origin") == self._origin.encode():
            return
        try:
            entry = Entry.of(fields)
        except BadEntry as error:
            self._note_unreadable(str(error))
            self._on_gap()
            return
        last = self._numbers.get(entry.origin, 0)
        if entry.number <= last:
            return
        if entry.number > last + 1:
            self._on_gap()
        self._numbers[entry.origin] = entry.number
        self._on_entry(entry)

    def _note_unreadable(self, reason: str) -> None:
        self._unreadable += 1
        if time.monotonic() - self._said_unreadable_at >= SAY_SECONDS:
            log.warning("stream_entries_unreadable", entries=self._unreadable, reason=reason)
            self._unreadable, self._said_unreadable_at = 0, time.monotonic()
