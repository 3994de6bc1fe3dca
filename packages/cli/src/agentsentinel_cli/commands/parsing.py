"""What the verbs' argument parsers have in common."""

import argparse
import os

from agentsentinel_cli import __version__


def parser(prog: str, description: str, epilog: str | None = None) -> argparse.ArgumentParser:
    """A parser in the house style: no abbreviations, which would break when an option is added."""
    made = argparse.ArgumentParser(
        prog=prog, description=description, epilog=epilog, allow_abbrev=False, formatter_class=_Formatter
    )
    made.add_argument("-V", "--version", action="version", version=f"sentinel {__version__}", help="show the version")
    return made


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # Given a width, argparse does not load `shutil`, which would double the time of --help.
        super().__init__(prog, max_help_position=30, width=terminal_width())


def terminal_width() -> int:
    """Columns to write in: COLUMNS, else the terminal's, else 80; 60 to 120, beyond which lines are hard to read."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        columns = 80
    return min(120, max(60, columns))
