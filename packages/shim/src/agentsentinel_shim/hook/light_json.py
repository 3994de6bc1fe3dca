"""JSON without the package `json`, whose regular expressions take longer to load than a hook may take.

It uses the scanner that CPython's `json` itself uses; where there is none, the package is loaded.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

try:
    from _json import encode_basestring_ascii
    from _json import make_scanner as _make_scanner
except ImportError:  # an interpreter without CPython's accelerator
    _make_scanner = None  # type: ignore[assignment,misc]
    from json.encoder import encode_basestring_ascii

_BLANK = " \t\r\n"


class _Context:
    """Settings that the scanner reads: those of `json.loads`."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: Any = None


def parse(text: str) -> Any:
    """Return the data in a JSON text. Raises ValueError and RecursionError."""
    if _make_scanner is None:
        import json

        return json.loads(text)
    start = 0
    while start < len(text) and text[start] in _BLANK:
        start += 1
    try:
        value, end = _make_scanner(_Context)(text, start)  # type: ignore[arg-type]
    except StopIteration:
        raise ValueError("not JSON") from None
    if text[end:].strip(_BLANK):
        raise ValueError("more than one JSON value")
    return value


def line(members: Mapping[str, str | float | None]) -> str:
    """Return an object of texts and numbers as one line; members that are None or empty are left out."""
    shown = [f"{encode_basestring_ascii(name)}:{_value(value)}" for name, value in members.items() if _is_said(value)]
    return "{" + ",".join(shown) + "}\n"


def _is_said(value: str | float | None) -> bool:
    return value is not None and value != ""


def _value(value: str | float | None) -> str:
    return encode_basestring_ascii(value) if isinstance(value, str) else repr(value)
