"""Lines of code that a report shows at its findings, without credentials.

Lines are cut out of the bytes of the file, since places in a notebook are those of its JSON. Credentials are found in
the whole file and masked as in HARDCODED_CREDENTIALS; other text that a machine seems to have made is masked too.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agentsentinel_cli.scan.report_model import Excerpt, Location, ScanFinding, ScanResult
from agentsentinel_core.masking import masked_code

MOST_EXCERPTS = 3
"""Most places of one finding that are shown with their line."""
MOST_CHARS = 240
"""Most characters of one line; of a longer one, the part around the place is kept."""
_BEFORE = MOST_CHARS // 3
"""Characters kept before the place in a line that is too long."""
_NEAR_BYTES = 2000
"""Bytes of a line before and after the place that are looked at."""
_SEARCHED_BYTES = 512 * 1024
"""Size of a file up to which credentials are searched in all of it; the search of some files of 4 MB takes 20 s."""
_BREAKS = re.compile(rb"\r\n|\n|\r")
_MARK = b"\xef\xbb\xbf"


def add_excerpts(result: ScanResult, read: Callable[[str], bytes | None]) -> None:
    """Set `result.excerpts` of all findings; `read(path)` returns a file's bytes, or None when it has gone."""
    wanted: dict[str, list[Location]] = {}
    for finding in result.findings():
        for at in places_of(finding)[:MOST_EXCERPTS]:
            wanted.setdefault(at.path, []).append(at)
    for path, places in wanted.items():
        data = read(path)
        if data is None:
            continue
        lines = _Lines(data)
        for at in places:
            excerpt = lines.excerpt(at.place.line, at.place.column)
            if excerpt is not None:
                result.excerpts[path, at.place.line, at.place.column] = excerpt


def places_of(finding: ScanFinding) -> list[Location]:
    """Return the places of a finding that have a line, the primary one first; several notes on one count once."""
    unique: dict[tuple[str, int, int], Location] = {}
    for at in finding.locations:
        if at.place.line:
            unique.setdefault((at.path, at.place.line, at.place.column), at)
    return list(unique.values())


class _Span(NamedTuple):
    """Part of a text that holds a credential, and what is shown instead."""

    start: int
    end: int
    shown: str


class _Lines:
    """Lines of one file, with its credentials masked."""

    def __init__(self, data: bytes) -> None:
        self._data = data.removeprefix(_MARK)
        self._codec = _codec_of(self._data)
        self._starts = [0, *(found.end() for found in _BREAKS.finditer(self._data))]
        self._secrets: dict[tuple[int, int], list[_Span]] = {}

    def excerpt(self, line: int, column: int) -> Excerpt | None:
        """Return a line with the place of a column, from 1; None for a line that is blank or not there."""
        if not 1 <= line <= len(self._starts):
            return None
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._data)
        text = self._text(start, end).rstrip()
        if not text:
            return None
        at = _first_sign(text, column - 1)
        middle = start + len(text[:at].encode(self._codec, "replace"))
        start, end = max(start, middle - _NEAR_BYTES), min(end, middle + _NEAR_BYTES)
        near = self._text(start, end).rstrip()
        at = len(self._text(start, middle))
        spans = [self._within(span, start, end) for span in self._secrets_around(middle)]
        spans = [span for span in spans if span.start < span.end]
        at = next((span.start for span in spans if span.start < at < span.end), at)
        before = _hidden(near[:at], [span for span in spans if span.end <= at])
        after = _hidden(near[at:], [_Span(s - at, e - at, shown) for s, e, shown in spans if s >= at])
        return _bounded(masked_code(before), masked_code(after))

    def _text(self, start: int, end: int) -> str:
        return self._data[start:end].decode(self._codec, "replace")

    def _within(self, span: _Span, start: int, end: int) -> _Span:
        """Return the characters of a credential between two bytes; a value of several lines is shown in its first."""
        first, last = min(max(span.start, start), end), min(max(span.end, start), end)
        shown = span.shown if span.start >= start else ""
        return _Span(len(self._text(start, first)), len(self._text(start, last)), shown)

    def _secrets_around(self, at: int) -> list[_Span]:
        """Return the credentials around a byte: in a file of usual size all, in a larger one those near it."""
        is_usual = len(self._data) <= _SEARCHED_BYTES
        part = (0, len(self._data)) if is_usual else (max(0, at - _SEARCHED_BYTES // 8), at + _SEARCHED_BYTES // 8)
        if part not in self._secrets:
            first, last = part
            self._secrets[part] = [_Span(s + first, e + first, shown) for s, e, shown in _find(self._data[first:last])]
        return self._secrets[part]


def _find(data: bytes) -> list[tuple[int, int, str]]:
    from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret

    if not may_hold_secret(data):
        return []
    from agentsentinel_cli.scan.content.credentials import secret_spans

    return secret_spans(data)


def _codec_of(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError:
        return "latin-1"  # as the extractors read such a file
    return "utf-8"


def _first_sign(text: str, at: int) -> int:
    """Return the index of the first character from `at` on that is not blank, within the text."""
    at = min(max(at, 0), len(text) - 1)
    return at + len(text[at:]) - len(text[at:].lstrip())


def _hidden(text: str, spans: Sequence[_Span]) -> str:
    for span in reversed(spans):
        text = text[: span.start] + span.shown + text[span.end :]
    return text


def _bounded(before: str, after: str) -> Excerpt:
    """Return the line, or of a long one the part around the place with an ellipsis at each cut."""
    if len(before) + len(after) > MOST_CHARS:
        if len(before) > _BEFORE:
            before = "…" + before[len(before) - _BEFORE + 1 :]
        room = MOST_CHARS - len(before)
        after = after if len(after) <= room else after[: room - 1] + "…"
    return Excerpt(before + after, len(before) + 1)
