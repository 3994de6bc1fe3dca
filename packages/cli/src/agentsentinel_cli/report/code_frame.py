"""Places of a finding in its source: file, line and column, the line of code, and a caret under the place."""

from collections.abc import Iterable, Iterator

from agentsentinel_cli.report.style import COLORS, Style
from agentsentinel_cli.report.words import around, clipped, safe, where
from agentsentinel_cli.scan.excerpts import places_of
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScanResult

_LEAST_LABEL = 16
"""Least columns after the caret for the label to stand there; else it has a line of its own."""
_MOST_NAMES = 4


def code_frames(finding: ScanFinding, result: ScanResult, style: Style, indent: str, most: int) -> Iterator[str]:
    """Return the lines for the first `most` places of a finding, and how many more there are."""
    places = places_of(finding)
    for at in places[:most]:
        address = where(at.path, at.place.line, at.place.column)
        yield f"{indent}--> {style.link(style.paint(address, '2'), at.path)}"
        yield from _frame(at, _label(finding.locations, at), finding.severity.value, result, style, indent)
    others = len(places) - most
    if others > 0:
        yield f"{indent}and {others} more place{'s' if others > 1 else ''}"


def _frame(at: Location, label: str, level: str, result: ScanResult, style: Style, indent: str) -> Iterator[str]:
    excerpt = result.excerpt_at(at)
    if excerpt is None:
        return
    number = str(at.place.line)
    blank = len(excerpt.text) - len(excerpt.text.lstrip())
    room = style.columns - len(indent) - len(number) - 3
    text, offset = around(excerpt.text[blank:], excerpt.column - 1 - blank, room)
    edge = style.paint("│", "2")
    under = f"{indent}{' ' * len(number)} {edge} "
    yield f"{indent}{style.paint(number, '2')} {edge} {text}"
    caret = " " * offset + style.paint("^", COLORS[level])
    if room - offset - 2 >= _LEAST_LABEL or not label:
        yield f"{under}{caret} {clipped(label, room - offset - 2)}" if label else f"{under}{caret}"
    else:
        yield under + caret
        yield under + clipped(label, room)


def _label(locations: Iterable[Location], at: Location) -> str:
    """Return the notes on one place, with those of one kind joined: `grant search_crm, send_email`."""
    kinds: dict[str, list[str]] = {}
    for other in locations:
        if _position(other) == _position(at) and other.note:
            kind, _, name = other.note.partition(" ")
            kinds.setdefault(kind, []).append(safe(name, 60))
    return ", ".join(f"{kind} {_joined(names)}".strip() for kind, names in kinds.items())


def _position(at: Location) -> tuple[str, int, int]:
    return at.path, at.place.line, at.place.column


def _joined(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
