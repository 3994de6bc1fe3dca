"""The report of the measurements: a table of ratios and the raw figures behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTHS = (34, 12, 12, 7, 10)
HEADS = ("measure", "platform", "yardstick", "ratio", "target")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    platform: str
    yardstick: str = ""
    ratio: float | None = None
    target: str = ""
    is_met: bool | None = None
    """Whether the target is met; None without a target."""


@dataclass(frozen=True)
class Section:
    """One measurement."""

    title: str
    rows: Sequence[Row]
    raw: Sequence[str]
    about: str
    """Text about the yardstick and the method of the measurement."""


def table(sections: Sequence[Section]) -> str:
    """Format all rows as one plain text table of at most 80 columns."""
    lines = [_line(HEADS), _line(tuple("-" * width for width in WIDTHS))]
    lines += [_line(_cells(row)) for section in sections for row in section.rows]
    return "\n".join(lines)


def document(sections: Sequence[Section], machine: Sequence[str]) -> str:
    """Return the text of RESULTS.md."""
    parts = ["# Results of `make bench`", "\n".join(f"- {line}" for line in machine), f"```\n{table(sections)}\n```"]
    parts.append("Ratios are medians of runs that took turns. `!` marks a target that was missed.")
    for section in sections:
        parts += [f"## {section.title}", section.about, "\n".join(f"- {line}" for line in section.raw)]
    return "\n\n".join(parts) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    mark = " !" if row.is_met is False else ""
    return (row.what, row.platform, row.yardstick, ratio, row.target + mark)


def _line(cells: tuple[str, ...]) -> str:
    what, *others = (cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    return " ".join((what, *(other.strip().rjust(len(other)) for other in others))).rstrip()
