"""Layout of the reports for terminals: colours, and lines that are wrapped to a width."""

from collections.abc import Iterator

from agentsentinel_cli.report.words import width
from agentsentinel_core.light_dataclasses import dataclass

COLORS = {"CRITICAL": "1;31", "HIGH": "31", "MEDIUM": "33", "LOW": "36"}
"""ANSI colour of each severity."""
BAND_COLORS = {"TRUSTED": "32", "WATCH": "33", "ALERT": "33", "CRITICAL": "1;31"}
"""ANSI colour of each trust band."""


@dataclass(frozen=True, slots=True)
class Style:
    """Layout options of the text report."""

    has_color: bool
    columns: int
    """Width in terminal columns, 60 to 120."""
    is_verbose: bool
    links_from: str = ""
    """Folder that paths are relative to, for hyperlinks to files; empty for none."""

    def paint(self, text: str, code: str) -> str:
        """Return the text in an ANSI colour, or unchanged without colours. Colour never carries meaning alone."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_color else text

    def link(self, text: str, path: str) -> str:
        """Return the text as a hyperlink (OSC 8) to a file, or unchanged where there are none."""
        if not self.links_from:
            return text
        from pathlib import Path

        address = Path(self.links_from, path).as_uri()  # percent-encoded, so that no name ends the escape sequence
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"


def wrapped(text: str, style: Style, indent: str, *, hanging: str = "", most: int | None = None) -> Iterator[str]:
    """Break a text between words into lines of the style's width, or of `most` columns without the indent.

    A path that is longer overflows: broken, it could be neither read nor opened. Other long words are broken.
    """
    columns = most or style.columns - len(indent)
    if width(text) <= columns:
        yield indent + text
        return
    import textwrap  # loaded only when a line needs wrapping

    has_path = any("/" in word for word in text.split() if width(word) > columns)
    lines = textwrap.wrap(
        text, columns, break_on_hyphens=False, break_long_words=not has_path, subsequent_indent=hanging
    )
    for line in lines:
        yield indent + line
