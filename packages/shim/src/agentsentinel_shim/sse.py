"""Takes server-sent events out of a byte stream, by the rules of the HTML standard, with a bound on each."""

from __future__ import annotations

import re

_END_OF_LINE = re.compile(rb"\r\n|\n|\r(?!$)")
"""A carriage return at the end of a piece may be half of a line's end."""


class EventStreamReader:
    """Collects the data of each event. Feed it pieces of any size.

    Args:
        most_bytes: an event whose data is longer is skipped; see `skipped`.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._name = b""
        self._is_skipping_line = False
        self.skipped = 0
        """Events that were longer than the bound."""

    def feed(self, piece: bytes) -> list[tuple[str, bytes]]:
        """Return the name and the data of each event that ends in this piece; the name is `message` unless given."""
        events = []
        lines = _END_OF_LINE.split(self._rest + piece)
        self._rest = lines.pop()
        for line in lines:
            if self._is_skipping_line:
                self._is_skipping_line = False
                continue
            event = self._take(line)
            if event is not None:
                events.append(event)
        if len(self._rest) > self._most:
            self._size = self._most + 1
            self._rest = b""
            self._is_skipping_line = True
        return events

    def _take(self, line: bytes) -> tuple[str, bytes] | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._size += len(value)
            if self._size <= self._most:
                self._data.append(value)
        elif field == b"event":
            self._name = value
        return None

    def _dispatch(self) -> tuple[str, bytes] | None:
        data, name, size = self._data, self._name, self._size
        self._data, self._name, self._size = [], b"", 0
        if size > self._most:
            self.skipped += 1
            return None
        if not data:
            return None
        return name.decode("utf-8", "replace") or "message", b"\n".join(data)
