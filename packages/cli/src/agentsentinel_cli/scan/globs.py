"""Patterns for paths: those of `--exclude` and `.sentinelignore`, and those of git's ignore files.

Followed part by part over all places reached so far. As a regular expression, which is how libraries match them, thirty
stars in an ignore file that a pull request brings along would keep the scan busy for years.
"""

import re
from typing import NamedTuple

_PARTS = re.compile(r"(\*\*/|\*\*|\*|\?)")
_GIT_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\\.|[^*?\[\\]+|.", re.DOTALL)
_WILD = re.compile(r"[*?\[\\]")


class CharacterSet(NamedTuple):
    """One character of a set, or not of it: `[a-z]`, `[!a-z]`."""

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool

    def holds(self, char: str) -> bool:
        """Whether a character is meant."""
        return char != "/" and any(first <= char <= last for first, last in self.ranges) is not self.is_negated


Part = str | CharacterSet


class Glob:
    """A pattern for whole paths: `*` stays within a folder, `**` does not; a bare name matches anywhere."""

    def __init__(self, text: str) -> None:
        text = text.strip().removeprefix("./")
        if text.endswith("/"):
            text += "**"
        if "/" not in text:
            text = f"**/{text}"
        self._parts: list[Part] = [part for part in _PARTS.split(text) if part]

    def fullmatch(self, path: str) -> bool:
        """Whether the whole path is meant."""
        reached = {0}
        for part in self._parts:
            reached = _after(part, path, reached)
            if not reached:
                return False
        return len(path) in reached


class GitGlob(Glob):
    """A pattern of an ignore file of git, without its `!` and the slash at its end.

    Two stars cross folders only where they are a whole name, or follow plain text at the beginning, which git compares
    apart. Elsewhere they mean what one does.
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
    """Where in the path one can be after a part of a glob, coming from some places."""
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
    """One ignore file of git: the last line that matches a path decides.

    Most lines are a name or an ending, which is found without following a pattern: there are many files.
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
        """Whether the file ignores a path below its own folder, or takes it back; None when it does not speak of it."""
        name = path.rpartition("/")[2]
        rules = [*self._names.get(name, ()), *self._paths.get(path, ())]
        rules += [rule for glob, rule in self._globs if (is_folder or not rule.folders_only) and glob.fullmatch(path)]
        meant = [rule for rule in rules if is_folder or not rule.folders_only]
        return max(meant).is_ignored if meant else None
