"""Argument parsing shared by all verbs: parser defaults and the terminal width."""

import argparse
import os

from agentsentinel_cli import __version__


def parser(prog: str, description: str, epilog: str | None = None) -> argparse.ArgumentParser:
    """Create an argument parser with `--version` and without abbreviated options.

    A script that relies on an abbreviation would break when another option with the same prefix is added.
    """
    made = argparse.ArgumentParser(
        prog=prog, description=description, epilog=epilog, allow_abbrev=False, formatter_class=_Formatter
    )
    made.add_argument("-V", "--version", action="version", version=f"sentinel {__version__}", help="show the version")
    return made


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        # With an explicit width, argparse does not load `shutil`, which would double the time of --help.
        super().__init__(prog, max_help_position=30, width=terminal_width())


def terminal_width() -> int:
    """Return the number of columns for output: COLUMNS, else the terminal's width, else 80.

    Clamped to 60..120, because longer lines are hard to read.
    """
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        columns = 80
    return min(120, max(60, columns))
