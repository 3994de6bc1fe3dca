"""Parser from text to a syntax tree, also for grammar that is newer than the running Python.

When `ast` rejects a file, tree-sitter locates the parts that are newer grammar (3.12 f-strings and type parameters,
`type` statements, 3.14 template strings and `except` without parentheses) or broken (a conflict marker, Python 2).
Those parts are overwritten in place, line by line, and `ast` parses the rest. So there is one kind of tree and one set
of recognisers.
"""

import ast
import warnings
from typing import TYPE_CHECKING

from agentsentinel_cli.scan.syntax.python.source import Source
from agentsentinel_core.light_dataclasses import dataclass

if TYPE_CHECKING:
    from agentsentinel_cli.scan.syntax.python.repair import Repair

_LARGEST_REPAIR_BYTES = 2_000_000
_MOST_REPAIRS = 12
"""Most broken statements that are removed before the file is given up; each needs another parse."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Syntax tree, if any, and the problem, if any."""

    tree: ast.Module | None
    problem: str | None = None


def parse(source: Source) -> Parsed:
    """Parse a text. Never raises: broken statements are removed, and a failure is described in `problem`."""
    try:
        return Parsed(_parse(source.text), source.problem)
    except SyntaxError as error:
        return _parse_in_parts(source, error)
    except (RecursionError, MemoryError):
        return Parsed(None, "is nested too deeply to be parsed")
    except ValueError as error:
        return Parsed(None, f"cannot be parsed: {error}")


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        # Warnings such as an invalid escape `"\d"` in a scanned file are irrelevant for the scan.
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _parse_in_parts(source: Source, error: SyntaxError) -> Parsed:
    reason = f"line {_file_line(source, error.lineno or 1)}: {error.msg}"
    if len(source.text) > _LARGEST_REPAIR_BYTES or "too many" in str(error.msg):
        return Parsed(None, f"is not valid Python ({reason})")
    try:
        # Imported here because nearly every file is parsed without it and loading it takes 20 ms.
        from agentsentinel_cli.scan.syntax.python.repair import Repair

        return _repaired(source, Repair(source.text), reason)
    except (RecursionError, MemoryError, ValueError, ImportError):
        return Parsed(None, f"is not valid Python ({reason})")


def _repaired(source: Source, repair: "Repair", reason: str) -> Parsed:
    repair.lower_newer_grammar()
    is_whole = True
    for _ in range(_MOST_REPAIRS):
        try:
            tree = _parse(repair.text)
        except SyntaxError as error:  # noqa: PERF203 - each attempt depends on the previous one
            if is_whole:
                reason = f"line {_file_line(source, error.lineno or 1)}: {error.msg}"
            is_whole = False
            if not repair.cut_statement(error.lineno or 1):
                break
        else:
            return Parsed(
                tree, source.problem if is_whole else f"is not valid Python everywhere, read in part ({reason})"
            )
    return Parsed(None, f"is not valid Python ({reason})")


def _file_line(source: Source, line: int) -> int:
    return source.lines[line - 1] if 0 < line <= len(source.lines) else line
