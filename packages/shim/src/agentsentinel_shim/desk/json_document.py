"""JSON with what its readers among the clients allow: comments, and commas after the last item."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from agentsentinel_shim.desk.documents import MOST_DEPTH, Broken, Path, Span, place_of

_BLANK = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_LITERAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_DECODER = json.JSONDecoder()
_CONSTANTS = {"true": True, "false": False, "null": None}


class JsonDocument:
    """One parsed text. Raises Broken."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: dict[Path, Span] = {}
        self._at = 0
        self._skip()
        self.value = self._value(())
        if self._at < len(text):
            raise self._expected("the end of the file")

    def span(self, path: Path) -> Span:
        """Return where a value is."""
        return self._spans[path]

    def quote(self, word: str) -> str:
        """Return a string as JSON writes it, readable where it can be."""
        try:
            word.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which only its escape can hold
            return json.dumps(word)
        return json.dumps(word, ensure_ascii=False)

    def key(self, name: str) -> str:
        """Return a member's name with the sign after it."""
        return f'"{name}": '

    def is_flow(self, path: Path) -> bool:
        """Whether the members of a mapping stand in braces, with commas between them."""
        return True

    def _value(self, path: Path) -> Any:
        if len(path) > MOST_DEPTH:
            raise Broken(f"{place_of(self.text, self._at)}: it is nested too deeply")
        start = self._at
        match self.text[start : start + 1]:
            case "{":
                value: Any = self._object(path)
            case "[":
                value = self._array(path)
            case '"':
                value = self._string()
            case _:
                value = self._literal()
        self._spans[path] = (start, self._at)
        self._skip()
        return value

    def _object(self, path: Path) -> dict[str, Any]:
        members: dict[str, Any] = {}

        def member() -> None:
            if self.text[self._at : self._at + 1] != '"':
                raise self._expected("a name in double quotes")
            name = self._string()
            self._skip()
            self._take(":")
            members[name] = self._value((*path, name))

        self._items("}", member)
        return members

    def _array(self, path: Path) -> list[Any]:
        items: list[Any] = []
        self._items("]", lambda: items.append(self._value((*path, len(items)))))
        return items

    def _items(self, end: str, read_one: Callable[[], None]) -> None:
        """Read what stands between a bracket and its counterpart."""
        self._at += 1
        self._skip()
        while self.text[self._at : self._at + 1] != end:
            read_one()
            if self.text[self._at : self._at + 1] != end:
                self._take(",")
        self._at += 1

    def _string(self) -> str:
        try:
            value, self._at = _DECODER.raw_decode(self.text, self._at)
        except json.JSONDecodeError as error:
            raise Broken(f"{place_of(self.text, error.pos)}: {error.msg}") from None
        return str(value)

    def _literal(self) -> Any:
        found = _LITERAL.match(self.text, self._at)
        if found is None:
            raise self._expected("a value")
        self._at = found.end()
        return _CONSTANTS[found[0]] if found[0] in _CONSTANTS else float(found[0])

    def _skip(self) -> None:
        """Pass over white space and comments."""
        blank = _BLANK.match(self.text, self._at)
        self._at = self._at if blank is None else blank.end()

    def _take(self, character: str) -> None:
        if self.text[self._at : self._at + 1] != character:
            raise self._expected(f"{character!r}")
        self._at += 1
        self._skip()

    def _expected(self, what: str) -> Broken:
        return Broken(f"{place_of(self.text, self._at)}: expected {what}")
