"""Takes server-sent events out of a byte stream, by the rules of the HTML standard, in bounded memory."""

from __future__ import annotations

import re

from agentsentinel_shim.copies import Copy, MessageCopy

LONGEST_LINE = 65_536
"""Bytes of a line that are kept until its end comes; the data of a longer one is copied as it passes."""
_END_OF_LINE = re.compile(rb"\r\n|\n|\r(?!$)")
"""A carriage return at the end of a piece may be half of a line's end."""
_DATA = re.compile(rb"data: ?")


class EventStreamReader:
    """Collects the data of each event. Feed it pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""
        self._copy = MessageCopy()
        self._has_data = False
        self._name = b""
        self._is_in_long_line = False
        self._is_long_line_data = False

    def feed(self, piece: bytes) -> list[tuple[str, Copy]]:
        """Return the name and the data of each event that ends in this piece; the name is `message` unless given."""
        events = []
        *lines, self._rest = _END_OF_LINE.split(self._rest + piece)
        for line in lines:
            event = self._take(line)
            if event is not None:
                events.append(event)
        if self._is_in_long_line or len(self._rest) > LONGEST_LINE:
            self._pass_long_line()
        return events

    def _take(self, line: bytes) -> tuple[str, Copy] | None:
        """Take a whole line, or the rest of a long one."""
        if self._is_in_long_line:
            if self._is_long_line_data:
                self._copy.feed(line)
            self._is_in_long_line = False
            return None
        if not line:
            return self._dispatch()
        data = _DATA.match(line)
        if data is not None:
            self._begin_data()
            self._copy.feed(line[data.end() :])
        elif line.startswith(b"event:"):
            self._name = line.removeprefix(b"event:").removeprefix(b" ")[:255]
        return None

    def _pass_long_line(self) -> None:
        """Copy what there is of a line whose end is not in sight, or drop it unless it is data."""
        part, self._rest = self._rest, b""
        if part.endswith(b"\r"):
            part, self._rest = part[:-1], b"\r"
        if not self._is_in_long_line:
            self._is_in_long_line = True
            data = _DATA.match(part)
            self._is_long_line_data = data is not None
            if data is not None:
                self._begin_data()
                part = part[data.end() :]
        if self._is_long_line_data:
            self._copy.feed(part)

    def _begin_data(self) -> None:
        if self._has_data:
            self._copy.feed(b"\n")
        self._has_data = True

    def _dispatch(self) -> tuple[str, Copy] | None:
        has_data, name = self._has_data, self._name
        self._has_data, self._name = False, b""
        if not has_data:
            return None
        return name.decode("utf-8", "replace") or "message", self._copy.take()
