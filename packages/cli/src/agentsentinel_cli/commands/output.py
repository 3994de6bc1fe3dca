"""Writing of reports to standard output, for all verbs."""

import argparse
import io
import os
import sys

_PLAIN = {ord(char): plain for char, plain in zip("╭╮╰╯│─═█░●→⚠·…—🔴🟠🟡🟢⚪", "++++|-=#.*>!-.-*****", strict=True)}
"""ASCII replacements for the symbols of reports, for output that cannot encode them."""


_LINKING_VARIABLES = ("DOMTERM", "WT_SESSION", "KONSOLE_VERSION")
"""Variables that only terminals with hyperlinks set."""
_LINKING_VALUES = {
    "TERM_PROGRAM": ("Hyper", "iTerm.app", "terminology", "WezTerm", "vscode", "ghostty", "zed"),
    "TERM": ("xterm-kitty", "alacritty", "alacritty-direct", "xterm-ghostty"),
    "COLORTERM": ("xfce4-terminal",),
}
"""Values by which other terminals with hyperlinks are known."""
_LINKING_VTE = 5000
"""First version of VTE, the library of GNOME's terminals, with hyperlinks (0.50)."""


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
    """Whether a report is coloured: on a terminal, unless an option or the environment says otherwise.

    NO_COLOR wins over FORCE_COLOR, which colours a pipe too; "0" and "false" do not force. A file has no colour.
    """
    if options.output is not None or options.no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0").lower() not in ("", "0", "false"):
        return True
    return os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


def wants_links(options: argparse.Namespace) -> bool:
    """Whether paths are hyperlinks (OSC 8): on a terminal that is known to show them, whatever its colours.

    FORCE_HYPERLINK decides for other terminals, "0" against it; this and the list are those of the crate
    `supports-hyperlinks`, by which Rust's tools decide. Other terminals may print the address as text.
    """
    if options.output is not None or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty():
        return False
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced.strip() != "0"
    version = os.environ.get("VTE_VERSION", "")
    return (
        any(os.environ.get(variable) for variable in _LINKING_VARIABLES)
        or (version.isdecimal() and int(version[:9]) >= _LINKING_VTE)
        or any(os.environ.get(variable) in values for variable, values in _LINKING_VALUES.items())
    )
