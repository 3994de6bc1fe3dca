"""Replaces single values in the text of a JSON message; all other bytes stay as they are.

Values are passed over by the standard library's decoder, since a message may be large; `desk/json_document.py` knows
the place of every value instead, and takes comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def replace_member(text: str, path: Sequence[str], value: str) -> str:
    """Return `text` with the value at a path of members replaced by the JSON text `value`.

    A doubled member is replaced each time, since parsers differ in which one they take. A path that is not there
    changes nothing. Raises ValueError for text that is not JSON.
    """
    pieces, done = [], 0
    for start, end in _spans(text, _skip(text, 0), path):
        pieces += [text[done:start], value]
        done = end
    return "".join((*pieces, text[done:]))


def member_text(text: str, path: Sequence[str]) -> str | None:
    """Return the JSON text of the value at a path of members, the last one of doubled members; None if there is none.

    Raises ValueError for text that is not JSON.
    """
    found = None
    for start, end in _spans(text, _skip(text, 0), path):
        found = text[start:end]
    return found


def elements(text: str) -> list[str]:
    """Return the JSON texts of the elements of an array; of any other value, the text itself. Raises ValueError."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        return [text]
    found: list[str] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        _, end = _DECODER.raw_decode(text, at)
        found.append(text[at:end])
        at = _after_comma(text, end, "]")
    return found


def _spans(text: str, at: int, path: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each value at a path, below the value that begins at `at`."""
    if text[at : at + 1] != "{":
        return
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError("a member without a value")
        start = _skip(text, at + 1)
        _, end = _DECODER.raw_decode(text, start)
        if name == path[0]:
            if len(path) == 1:
                yield start, end
            else:
                yield from _spans(text, start, path[1:])
        at = _after_comma(text, end, "}")


def _after_comma(text: str, at: int, closing: str) -> int:
    """Return where the next item begins, or the closing bracket is."""
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != closing:
        raise ValueError("items without a comma")
    return at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
