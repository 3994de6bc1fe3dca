"""Reads the outline of a JSON message of any length in bounded memory: the short values near its top.

A relay keeps no copy of a result of 50 MB, but has to know whose answer it is, and whether it is an error.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

DEEPEST = 2
"""Values inside the message's own members (`params.name`, `result.isError`) are the deepest that are kept."""
_LONGEST_VALUE = 1024
_MOST_VALUES = 100
_IN_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
"""Text and whole escapes; ends before the closing quote, or before a backslash that is the last byte of a piece."""
_OUTSIDE = re.compile(rb'["{}\[\],:]')


@dataclass
class _Container:
    is_object: bool
    name: str | None = None
    """Name of the member whose value comes."""
    expects_name: bool = True


class OutlineReader:
    """Takes a message in pieces; what it keeps does not grow with the message."""

    def __init__(self) -> None:
        self._containers: list[_Container] = []
        self._deeper = 0
        """Levels below the deepest that is kept."""
        self._is_in_string = False
        self._is_escaped = False
        self._kept: bytearray | None = bytearray()
        """The scalar that is being read; None when it is too deep or too long."""
        self.values: dict[tuple[str, ...], Any] = {}
        """Scalars by the names that lead to them."""

    def feed(self, piece: bytes) -> None:
        """Read the next piece of the message."""
        at = 0
        while at < len(piece):
            at = self._string(piece, at) if self._is_in_string else self._structure(piece, at)

    def message(self) -> dict[str, Any]:
        """Return the values as nested objects, like a message that was read whole."""
        whole: dict[str, Any] = {}
        for path, value in self.values.items():
            place = whole
            for name in path[:-1]:
                inner = place.setdefault(name, {})
                place = inner if isinstance(inner, dict) else {}
            place[path[-1]] = value
        return whole

    def _string(self, piece: bytes, at: int) -> int:
        """Read inside a string, up to its end or the piece's; return where to go on."""
        if self._is_escaped:
            self._is_escaped = False
            self._keep(piece[at : at + 1])
            return at + 1
        match = _IN_STRING.match(piece, at)
        end = at if match is None else match.end()
        last = piece[end : end + 1]
        self._keep(piece[at:end] + last)
        self._is_escaped = last == b"\\"
        self._is_in_string = last != b'"'
        return end + len(last)

    def _structure(self, piece: bytes, at: int) -> int:
        match = _OUTSIDE.search(piece, at)
        end = len(piece) if match is None else match.start()
        self._keep(piece[at:end])
        if match is None:
            return end
        self._mark(match[0])
        return match.end()

    def _mark(self, mark: bytes) -> None:
        """Take a character of structure."""
        if mark == b'"':
            self._is_in_string = True
            self._keep(mark)
        elif self._deeper:
            self._deeper += (mark in b"{[") - (mark in b"}]")
        elif mark in b"{[":
            self._open(is_object=mark == b"{")
        elif mark == b":":
            self._name()
        else:
            self._value()
            if mark in b"}]" and self._containers:
                self._containers.pop()
            if mark == b"," and self._containers:
                self._containers[-1].expects_name = True

    def _open(self, *, is_object: bool) -> None:
        self._kept = None if self._containers and self._kept is None else bytearray()
        if len(self._containers) >= DEEPEST or (self._containers and not is_object):
            self._deeper = 1
        else:
            self._containers.append(_Container(is_object))
            self._kept = bytearray()

    def _name(self) -> None:
        if self._containers and self._containers[-1].expects_name:
            name = self._scalar()
            self._containers[-1].name = name if isinstance(name, str) else None
            self._containers[-1].expects_name = False

    def _value(self) -> None:
        """Keep the scalar that ends here under the names that lead to it."""
        value = self._scalar()
        names = tuple(container.name for container in self._containers)
        if value is not None and len(self.values) < _MOST_VALUES and all(name is not None for name in names) and names:
            self.values[tuple(str(name) for name in names)] = value

    def _scalar(self) -> object:
        """Return the scalar that was kept, and begin the next; None when it is none."""
        kept, self._kept = self._kept, bytearray()
        try:
            return None if kept is None else json.loads(kept)
        except ValueError:
            return None

    def _keep(self, part: bytes) -> None:
        if self._deeper or self._kept is None:
            return
        if len(self._kept) + len(part) > _LONGEST_VALUE:
            self._kept = None
        else:
            self._kept += part
