"""Copies of messages that pass in pieces, in bounded memory: whole, or as their outline."""

from __future__ import annotations

from typing import Any

from agentsentinel_shim.outline import OutlineReader

MOST_COPIED = 8 * 1024 * 1024
"""Bytes of one message that are copied whole; of a longer one the outline is kept."""

Copy = bytes | dict[str, Any]
"""A whole message, or the outline of a long one."""


class MessageCopy:
    """Copies one message that passes in pieces, whole or as its outline."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._outline: OutlineReader | None = None

    def feed(self, piece: bytes) -> None:
        """Copy the next piece."""
        self._size += len(piece)
        if self._outline is None:
            self._pieces.append(piece)
            if self._size > MOST_COPIED:
                self._outline = OutlineReader()
                for earlier in self._pieces:
                    self._outline.feed(earlier)
                self._pieces.clear()
        else:
            self._outline.feed(piece)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was copied yet."""
        return self._size == 0

    def take(self) -> Copy:
        """Return the copy, and begin with the next message."""
        copy: Copy = b"".join(self._pieces) if self._outline is None else self._outline.message()
        self._pieces, self._size, self._outline = [], 0, None
        return copy
