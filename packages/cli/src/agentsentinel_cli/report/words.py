"""Formatting of text for reports.

Text from scanned files is sanitised: names may contain control characters that deceive a terminal or a reader.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentsentinel_cli.scan.report_model import Suppression

LONGEST = 120
TITLES = {"scan": "AgentSentinel Security Scan", "mcp scan": "AgentSentinel MCP Scan"}
"""Heading of a report, by the verb that made it."""
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def safe(text: str, longest: int = LONGEST) -> str:
    """Return the text on one line, truncated, with control, format and lone surrogate characters escaped."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char in "\n\t\r":
        return " "
    if unicodedata.category(char) in _HIDDEN:
        return char.encode("unicode_escape").decode()
    return char


def width(text: str) -> int:
    """Return the number of terminal columns the text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int) -> str:
    """Return the text padded with spaces to a width in terminal columns."""
    return text + " " * (columns - width(text))


def clipped(text: str, columns: int) -> str:
    """Return the text as `safe` does, in a number of terminal columns at most; escapes count as they are shown."""
    shown = safe(text, columns)
    if width(shown) <= columns:
        return shown
    while width(shown) >= columns:
        shown = shown[:-1]
    return f"{shown}…"


def around(text: str, at: int, columns: int) -> tuple[str, int]:
    """Return the part of a line around the character at index `at`, and the columns before that character in it.

    Hidden characters are escaped, and an ellipsis stands where a line of more than `columns` columns is cut.
    """
    shown = [_visible(char) for char in text]
    sizes = [width(char) for char in shown]
    start, end = 0, len(shown)
    if sum(sizes) > columns:
        start = _fit(sizes, at, -1, columns // 3)
        end = _fit(sizes, start, 1, columns - 2)
        start = start if end < len(shown) else _fit(sizes, end, -1, columns - 2)
    before, after = "…" if start else "", "…" if end < len(shown) else ""
    return before + "".join(shown[start:end]) + after, len(before) + sum(sizes[start:at])


def _fit(sizes: Sequence[int], at: int, step: int, columns: int) -> int:
    """Return how far one can go from an index, forward or back, within a number of columns."""
    while 0 <= (following := at if step > 0 else at - 1) < len(sizes) and sizes[following] <= columns:
        columns -= sizes[following]
        at += step
    return at


def suppressions(given: "Iterable[Suppression | None]") -> str:
    """Return how many findings are suppressed, and by what: `3 (2 by .sentinelignore:1, 1 by a.py:4)`; "" for none."""
    counts = Counter(each.where for each in given if each is not None)
    return f"{counts.total()} ({', '.join(f'{count} by {place}' for place, count in counts.items())})" if counts else ""


def left_out(kinds: Mapping[str, int]) -> str:
    """Return what was skipped on purpose: `3 test files, 1 vendored folder`; the empty string for nothing."""
    return ", ".join(_counted(kind, count) for kind, count in kinds.items())


def filtered(kinds: Mapping[str, int]) -> str:
    """Return how many findings each filter left out: `3 by severity, 1 by rule`; the empty string for none."""
    return ", ".join(f"{count} by {kind}" for kind, count in kinds.items())


def _counted(kind: str, count: int) -> str:
    head, _, rest = kind.partition(" of ")
    if kind in ("excluded", "ignored by git"):
        return f"{count} {kind}"
    return f"{count} {head}{'s' if count > 1 else ''}{' of ' + rest if rest else ''}"


def where(path: str, line: int, column: int | None = None) -> str:
    """Format a place in a file as `path:line`, or `path:line:column` when a column is passed; `path` for line 0."""
    if not line:
        return safe(path, 400)
    return f"{safe(path, 400)}:{line}" + (f":{column}" if column is not None else "")
