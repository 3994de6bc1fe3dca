"""Lines of code that a report shows at its findings, without credentials.

Lines are cut out of the bytes of the file, since places in a notebook are those of its JSON. Credentials are found in
the whole file and masked as in HARDCODED_CREDENTIALS; other text that a machine seems to have made is masked too.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agentsentinel_cli.scan.report_model import Excerpt, Location, ScanFinding, ScanResult
from agentsentinel_core.masking import masked

MOST_EXCERPTS = 3
"""Most places of one finding that are shown with their line."""
MOST_CHARS = 240
"""Most characters of one line; of a longer one, the part around the place is kept."""
_BEFORE = MOST_CHARS // 3
"""Characters kept before the place in a line that is too long."""
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
    """Part of a line that holds a credential, and what is shown instead."""

    start: int
    end: int
    shown: str


class _Lines:
    """Lines of one file, with its credentials masked."""

    def __init__(self, data: bytes) -> None:
        self._data = data.removeprefix(_MARK)
        self._codec = _codec_of(self._data)
        self._starts = [0, *(found.end() for found in _BREAKS.finditer(self._data))]
        self._spans = _spans_by_line(self._data, self._starts)

    def excerpt(self, line: int, column: int) -> Excerpt | None:
        """Return a line, split at a column that counts from 1; None for a line that is blank or not there."""
        if not 1 <= line <= len(self._starts):
            return None
        text = self._text(line, None).rstrip()
        if not text:
            return None
        spans = [self._in_characters(line, span) for span in self._spans.get(line, ())]
        at = _first_sign(text, column - 1)
        at = next((span.start for span in spans if span.start < at < span.end), at)
        before = _hidden(text[:at], [span for span in spans if span.end <= at])
        after = _hidden(text[at:], [_Span(s - at, e - at, shown) for s, e, shown in spans if s >= at])
        return _bounded(masked(before), masked(after))

    def _text(self, line: int, length: int | None) -> str:
        """Return the first bytes of a line as text, or all of it."""
        start = self._starts[line - 1]
        whole = self._starts[line] if line < len(self._starts) else len(self._data)
        return self._data[start : whole if length is None else start + length].decode(self._codec, "replace")

    def _in_characters(self, line: int, span: _Span) -> _Span:
        return _Span(len(self._text(line, span.start)), len(self._text(line, span.end)), span.shown)


def _codec_of(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError:
        return "latin-1"  # as the extractors read such a file
    return "utf-8"


def _spans_by_line(data: bytes, starts: Sequence[int]) -> dict[int, list[_Span]]:
    """Return the credentials of a file by line, in bytes from its start; one of several lines is shown in its first."""
    from agentsentinel_cli.scan.content.credential_prefilter import may_hold_secret

    if not may_hold_secret(data):
        return {}
    from agentsentinel_cli.scan.content.credentials import secret_spans

    spans: dict[int, list[_Span]] = {}
    for start, end, shown in secret_spans(data):
        first, last = bisect_right(starts, start), bisect_right(starts, end - 1)
        for line in range(first, last + 1):
            begin = starts[line - 1]
            stop = starts[line] if line < last else end
            text = shown if line == first else ""
            spans.setdefault(line, []).append(_Span(max(start, begin) - begin, stop - begin, text))
    return spans


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
