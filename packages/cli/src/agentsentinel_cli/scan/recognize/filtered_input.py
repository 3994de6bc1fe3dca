"""Alphabets that a text is limited to before it is evaluated: with digits and operators alone no code can be written.

Shared by the extractors of all languages.
"""

import re

from agentsentinel_core.lazy_regex import lazy_compile

_STRUCTURE = frozenset("_[]{}\"'`\\$;@:")
"""Characters by which code reaches names that are not spelled out, or by which statements are joined."""
_NAMES = (
    "eval", "exec", "open", "import", "getattr", "compile", "globals", "locals", "vars", "dir", "input", "breakpoint",
    "sys", "os", "print", "lambda", "process", "require", "fetch", "function", "constructor", "global", "window",
    "this", "self", "while", "for",
)  # fmt: skip
"""Names and keywords of which at least one is needed to do more than calculate."""
_LEFT_OUT = lazy_compile(r"\[\^((?:\\.|[^\]\\])+)\]")
_ALL_OF = lazy_compile(r"\^?(?:\\s\*|\s)*\[((?:\\.|[^\]\\^])(?:\\.|[^\]\\])*)\]\s*[+*]")
_CLASSES = {"d": "0123456789", "s": " ", "t": " ", "n": " ", "w": "_", "S": "_", "D": "_", "W": "_", "b": " "}
_LONGEST_RANGE = 64


def only_calculates(alphabet: str) -> bool:
    """Whether a text of these characters can be a formula at most: no name that reaches further can be spelled."""
    letters = {char.lower() for char in alphabet if char.isalpha()}
    return _STRUCTURE.isdisjoint(alphabet) and not any(letters.issuperset(name) for name in _NAMES)


def alphabet_left_by(pattern: str) -> str | None:
    """Return the characters that a replacement of `[^...]` by nothing leaves; None for another pattern."""
    found = _LEFT_OUT.fullmatch(pattern.rstrip("+"))
    return _expanded(found[1]) if found else None


def alphabet_matched_by(pattern: str) -> str | None:
    """Return the characters of texts that match `^[...]+$`; None for another pattern."""
    found = _ALL_OF.match(pattern)
    is_whole = found is not None and re.fullmatch(r"(?:\\s\*)?\$?", pattern[found.end() :])
    return _expanded(found[1]) if found and is_whole else None


def _expanded(members: str) -> str:
    """Return the characters of a class, `0-9+\\-` without its brackets."""
    chars: list[str] = []
    at = 0
    while at < len(members):
        if members[at] == "\\" and at + 1 < len(members):
            chars.append(_CLASSES.get(members[at + 1], members[at + 1]))
            at += 2
        elif members[at + 1 : at + 2] == "-" and at + 2 < len(members):
            first, last = ord(members[at]), ord(members[at + 2])
            chars.append("".join(map(chr, range(first, min(last, first + _LONGEST_RANGE) + 1))))
            at += 3
        else:
            chars.append(members[at])
            at += 1
    return "".join(chars)
