"""The messages of one streamed answer, kept for a while so that a client whose connection broke can read on."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

logger = logging.getLogger("agentsentinel.shim")

MOST_WAITING = 256 * 1024 * 1024
"""Bytes that may wait for a reader, beside the newest message: one that reads slower than its server writes is cut."""
MOST_KEPT = 256 * 1024
"""Bytes of an answer that are kept for a client that may come back."""

Line = bytes | None
"""A message; None is the end, and an empty one nothing yet."""


class AnswerStream:
    """Takes messages at one end and gives them to one reader at the other: a newer reader ends the one before.

    Args:
        number: names it within its session; None for an answer that cannot be resumed, which keeps nothing.
    """

    def __init__(self, number: int | None = None) -> None:
        self.number = number
        self.place = 0
        """Messages that were read."""
        self.is_ended = False
        self._lines: deque[bytes] = deque()
        self._dropped = 0
        self._size = 0
        self._has_reader = True
        self._reader = object()
        self._news = asyncio.Event()

    @property
    def event_id(self) -> bytes:
        """Name the place after the message that was read last; empty when it cannot be resumed."""
        return b"" if self.number is None else b"%d-%d" % (self.number, self.place)

    def put(self, line: bytes) -> None:
        """Add a message. A reader that is too far behind gets no more, since what waits for it is memory."""
        if self.is_ended:
            return
        if self._size > MOST_WAITING:
            self._cut()
            return
        self._lines.append(line)
        self._size += len(line)
        self._forget_what_is_too_long()
        self._news.set()

    def end(self) -> None:
        """Let the reader end once it has read all."""
        self.is_ended = True
        self._news.set()

    def begin(self, place: int | None = None) -> object | None:
        """Return a new reader, which reads on or from a place; None when what came after the place is not kept."""
        if place is not None:
            if not self._dropped <= place <= self._dropped + len(self._lines):
                return None
            self.place = place
        self._reader = object()
        self._has_reader = True
        self._news.set()
        return self._reader

    def leave(self, reader: object) -> None:
        """Take that a reader has gone before the end; another one may come."""
        if reader is self._reader:
            self._has_reader = False
            self._forget_what_is_too_long()

    async def read(self, reader: object) -> Line:
        """Return the next message, or None at the end or when another reader has begun."""
        while reader is self._reader:
            if self.place < self._dropped + len(self._lines):
                return self._take()
            if self.is_ended:
                return None
            self._news.clear()
            await self._news.wait()
        return None

    def _take(self) -> bytes:
        line = self._lines[self.place - self._dropped]
        self.place += 1
        while self._dropped < self.place and (self.number is None or self._size > MOST_KEPT):
            self._drop()
        return line

    def _forget_what_is_too_long(self) -> None:
        """Keep no more than is bearable for a client that may never come back."""
        while not self._has_reader and self._size > MOST_KEPT:
            self._drop()

    def _cut(self) -> None:
        logger.warning("a client reads slower than its server writes: its answer was cut")
        while self._lines:
            self._drop()
        self.place = self._dropped
        self.end()

    def _drop(self) -> None:
        self._size -= len(self._lines.popleft())
        self._dropped += 1


def parse_event_id(value: str) -> tuple[int, int] | None:
    """Return the number of a stream and the place in it that a `Last-Event-ID` names, or None."""
    number, separator, place = value.partition("-")
    is_ours = bool(separator) and all(part.isascii() and part.isdigit() and len(part) < 19 for part in (number, place))
    return (int(number), int(place)) if is_ours else None
