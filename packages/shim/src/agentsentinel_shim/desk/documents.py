"""The text of a configuration file with the places of its values, so that an edit changes nothing around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document to a value."""
Span = tuple[int, int]
"""Where a value is in the text: from its first character to after its last."""
MOST_DEPTH = 200
"""Levels of nesting; real files have fewer than ten."""


class Broken(ValueError):
    """The text is not what its format asks for, or nothing that can be edited; the message says where."""


@dataclass(frozen=True)
class Edit:
    """Replace what stands from `start` to `end`."""

    start: int
    end: int
    text: str


class Document(Protocol):
    """One parsed text."""

    @property
    def text(self) -> str:
        """The text itself."""

    @property
    def value(self) -> Any:
        """Its plain data."""

    def span(self, path: Path) -> Span:
        """Return where a value is. Raises Broken when it cannot be told."""

    def quote(self, word: str) -> str:
        """Return a string as this format writes it."""

    def key(self, name: str) -> str:
        """Return a member's name with the sign after it."""

    def is_flow(self, path: Path) -> bool:
        """Whether the members of a mapping stand in braces, with commas between them."""


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Return the text after edits, which must not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def get(value: Any, path: Path) -> Any:
    """Return the value at a path of plain data."""
    for key in path:
        value = value[key]
    return value


def place_of(text: str, position: int) -> str:
    """Name a position for people: `line 3, column 7`."""
    return f"line {text.count(chr(10), 0, position) + 1}, column {position - text.rfind(chr(10), 0, position)}"


def escaped(word: str) -> str:
    """Return a string in double quotes, as TOML and YAML both read it."""
    return f'"{"".join(map(_escape, word))}"'


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
