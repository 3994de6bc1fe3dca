"""Path patterns of `--exclude` and `.sentinelignore`, and those of git's ignore files.

Patterns are matched part by part, with the set of all positions reached so far, in polynomial time. The usual library,
pathspec, translates them to regular expressions that backtrack: `*a*a*a*a*a*a*a*a*a*ab`, in an ignore file from a pull
request, against one name of sixty letters did not end within twenty seconds (pathspec 1.1.1), and importing it takes as
long as a cached scan.
"""

import re
from typing import NamedTuple

from agentsentinel_core.lazy_regex import lazy_compile

_PARTS = lazy_compile(r"(\*\*/|\*\*|\*|\?)")
_GIT_PARTS = lazy_compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\\.|[^*?\[\\]+|.", re.DOTALL)
_WILD = lazy_compile(r"[*?\[\\]")


class CharacterSet(NamedTuple):
    """Character set of a git pattern that matches one character: `[a-z]`, or negated `[!a-z]`."""

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool

    def holds(self, char: str) -> bool:
        """Tell whether the set matches a character; it never matches a slash."""
        return char != "/" and any(first <= char <= last for first, last in self.ranges) is not self.is_negated


Part = str | CharacterSet


class Glob:
    """Pattern for whole paths: `*` does not cross folders, `**` does; a bare name matches in any folder."""

    def __init__(self, text: str) -> None:
        text = text.strip().removeprefix("./")
        if text.endswith("/"):
            text += "**"
        if "/" not in text:
            text = f"**/{text}"
        self._parts: list[Part] = [part for part in _PARTS.split(text) if part]

    def fullmatch(self, path: str) -> bool:
        """Tell whether the pattern matches the whole path."""
        reached = {0}
        for part in self._parts:
            reached = _after(part, path, reached)
            if not reached:
                return False
        return len(path) in reached


class GitGlob(Glob):
    """Pattern of a git ignore file, without its `!` and its trailing slash.

    `**` crosses folders only where it is a whole path component, or follows the literal prefix of the pattern, which
    git compares separately. Elsewhere `**` means the same as `*`.
    """

    def __init__(self, text: str) -> None:
        is_anchored = "/" in text
        self._parts = []
        crosses = is_anchored
        parts = _GIT_PARTS.findall(text.removeprefix("/"))
        for at, part in enumerate(parts):
            is_whole = crosses and (part == "**/" or at == len(parts) - 1)
            self._parts += ["*", part[2:]] if part.startswith("**") and not is_whole else [_git_part(part)]
            is_plain = part[0] not in "*?[\\"
            crosses = part.endswith("/") or (crosses and is_plain)
        if not is_anchored:
            self._parts.insert(0, "**/")


def _git_part(part: str) -> Part:
    if part.startswith("\\") and len(part) > 1:
        return CharacterSet(((part[1], part[1]),), False)
    if not part.startswith("[") or len(part) < 3:
        return CharacterSet(((part, part),), False) if part in "[\\" else part
    inner = part[1:-1]
    is_negated = inner[:1] in "!^" and len(inner) > 1
    chars = inner[1:] if is_negated else inner
    ranges = [(found[0][0], found[0][-1]) for found in re.finditer(r".-.|.", chars, re.DOTALL)]
    return CharacterSet(tuple(ranges), is_negated)


def _after(part: Part, path: str, reached: set[int]) -> set[int]:
    """Return the positions in the path that a part of a glob can end at, when it starts at the `reached` positions."""
    if isinstance(part, CharacterSet):
        return {at + 1 for at in reached if at < len(path) and part.holds(path[at])}
    if part == "**/":
        return reached | {at + 1 for at in range(min(reached), len(path)) if path[at] == "/"}
    if part == "**":
        return set(range(min(reached), len(path) + 1))
    if part == "*":
        spread = set(reached)
        for at in range(min(reached), len(path)):
            if at in spread and path[at] != "/":
                spread.add(at + 1)
        return spread
    if part == "?":
        return {at + 1 for at in reached if at < len(path) and path[at] != "/"}
    return {at + len(part) for at in reached if path.startswith(part, at)}


class _Rule(NamedTuple):
    number: int
    is_ignored: bool
    folders_only: bool


class GitIgnore:
    """Parsed git ignore file, in which the last line that matches a path decides.

    Most lines are plain names or paths without wildcards; those are looked up in a dictionary instead of being matched,
    because the verdict is asked for many files.
    """

    def __init__(self, text: str) -> None:
        self._names: dict[str, list[_Rule]] = {}
        self._paths: dict[str, list[_Rule]] = {}
        self._globs: list[tuple[GitGlob, _Rule]] = []
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines()):
            self._add(line, number)

    def _add(self, line: str, number: int) -> None:
        text = re.sub(r"(?<!\\)[ \t]+$", "", line)
        is_ignored = not text.startswith("!")
        text = text.removeprefix("!")
        body = text.rstrip("/")
        if not body or line.startswith("#"):
            return
        rule = _Rule(number, is_ignored, text.endswith("/"))
        if _WILD.search(body):
            self._globs.append((GitGlob(body), rule))
        elif "/" in body:
            self._paths.setdefault(body.removeprefix("/"), []).append(rule)
        else:
            self._names.setdefault(body, []).append(rule)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Tell whether the file ignores a path relative to its own folder.

        True when it ignores the path, False when a `!` line includes it again, None when no line matches.
        """
        name = path.rpartition("/")[2]
        rules = [*self._names.get(name, ()), *self._paths.get(path, ())]
        rules += [rule for glob, rule in self._globs if (is_folder or not rule.folders_only) and glob.fullmatch(path)]
        meant = [rule for rule in rules if is_folder or not rule.folders_only]
        return max(meant).is_ignored if meant else None
