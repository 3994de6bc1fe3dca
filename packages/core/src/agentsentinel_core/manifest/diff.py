"""Readable differences of definitions, for a person who approves or rejects them.

A definition is written as indented lines, one sentence of a text a line, and what cannot be seen is written out: a diff
must not hide what it is read for.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from itertools import islice

from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.manifest.model import Item
from agentsentinel_core.manifest.poison import visible

MOST_LINES = 1_000
"""Lines of one definition that are compared."""
MOST_SHOWN = 400
"""Lines of one diff."""
LONGEST_LINE = 240
"""Characters of one line; the rest of it continues on the next."""
DEEPEST = 40
"""Levels that are written; what is below is one line."""

_SENTENCE = lazy_compile(r"(?<=[.!?])[ \t]+|[\r\n\u0085\u2028\u2029]+")


def diff_of(was: Item | None, now: Item | None) -> tuple[str, ...]:
    """Return the lines of a unified diff without headings; each begins with " ", "-", "+" or, for a gap, "@".

    At most `MOST_SHOWN` lines, the last of which says how many more there are.
    """
    old, new = _lines_of(was), _lines_of(now)
    lines = [
        "@" if line.startswith("@@") else line
        for line in islice(difflib.unified_diff(old, new, n=3, lineterm=""), 2, None)
    ]
    if lines[:1] == ["@"]:
        del lines[0]
    if len(lines) > MOST_SHOWN:
        lines[MOST_SHOWN - 1 :] = [f"@ and {len(lines) - MOST_SHOWN + 1} more lines"]
    return tuple(lines)


def _lines_of(item: Item | None) -> list[str]:
    if item is None:
        return []
    lines = list(islice(_written(item.definition, 0), MOST_LINES + 1))
    if len(lines) > MOST_LINES:
        rest = json.dumps(item.definition, sort_keys=True, default=str)
        lines[MOST_LINES:] = [f"... and more, {len(rest):,} characters in all"]
    return lines


def _written(value: object, level: int) -> Iterator[str]:
    """Write a value as lines that are indented by its level."""
    indent = "  " * level
    if level > DEEPEST:
        yield f"{indent}..."
    elif isinstance(value, Mapping):
        for name in sorted(value, key=str):
            yield from _member(_in_one_line(str(name)), value[name], level)
    elif isinstance(value, list):
        for each in value:
            yield from _member("-", each, level)
    else:
        yield from _wrapped(indent, json.dumps(value))


def _member(name: str, value: object, level: int) -> Iterator[str]:
    indent = "  " * level
    label = name if name == "-" else f"{name}:"
    if isinstance(value, str):
        sentences = [sentence for sentence in _SENTENCE.split(value) if sentence]
        if len(sentences) <= 1:
            yield from _wrapped(f"{indent}{label} ", _in_one_line(value))
            return
        yield f"{indent}{label}"
        for sentence in sentences:
            yield from _wrapped(f"{indent}  ", _in_one_line(sentence))
    elif isinstance(value, Mapping | list) and value:
        yield f"{indent}{label}"
        yield from _written(value, level + 1)
    else:
        yield from _wrapped(f"{indent}{label} ", json.dumps(value))


def _in_one_line(text: str) -> str:
    """Return the text with all characters written out that break a line or cannot be told from a space."""
    return "".join(
        f"U+{ord(letter):04X}" if letter in "\n\t" or (letter.isspace() and letter != " ") else letter
        for letter in visible(text)
    )


def _wrapped(start: str, text: str) -> Iterator[str]:
    width = max(LONGEST_LINE - len(start), 40)
    yield start + text[:width]
    for at in range(width, len(text), width):
        yield " " * len(start) + text[at : at + width]
