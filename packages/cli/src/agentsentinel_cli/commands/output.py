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


def deliver(text: str, file: str | None, verb: str) -> bool:
    """Write a report to a file, or to standard output without one; return whether it worked, and say why not.

    Raises BrokenPipeError when the reader of standard output has gone.
    """
    from agentsentinel_cli.report.words import safe

    try:
        if file is None:
            write(text)
        else:
            with open(file, "w", encoding="utf-8") as stream:
                stream.write(text)
            sys.stderr.write(f"report written to {safe(file, 400)}\n")
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stderr.write(f"{verb}: cannot write {safe(file or 'the report', 400)!r}: {error.strerror}\n")
        return False
    return True


def wants_color(options: argparse.Namespace) -> bool:
    """Whether a report is coloured: on a terminal, unless an option or the environment says otherwise."""
    if options.output is not None or options.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()
