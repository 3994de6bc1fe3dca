"""Writing of reports to standard output, for all verbs."""

import argparse
import io
import os
import sys

_PLAIN = {ord(char): plain for char, plain in zip("╭╮╰╯│─═█░●→⚠·…—🔴🟠🟡🟢⚪", "++++|-=#.*>!-.-*****", strict=True)}
"""ASCII replacements for the symbols of reports, for output that cannot encode them."""


def write(text: str) -> None:
    """Write a report to standard output, in ASCII where its encoding has no line-drawing characters."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        try:
            text.encode(sys.stdout.encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN)
        sys.stdout.reconfigure(errors="replace")
    sys.stdout.write(text)
    sys.stdout.flush()


def wants_color(options: argparse.Namespace) -> bool:
    """Whether a report is coloured: on a terminal, unless an option or the environment says otherwise."""
    if options.output is not None or options.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()
