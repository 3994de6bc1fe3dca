"""Shortened source text, for reports and descriptions."""

LONGEST_TEXT = 80
"""Most characters of a call that a report shows."""


def shorten(text: str, longest: int = LONGEST_TEXT) -> str:
    """Join a text to one line, and truncate it with an ellipsis to at most `longest` characters."""
    line = " ".join(text[: longest * 8].split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
