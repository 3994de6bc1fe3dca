"""Lines that differ between a commit and the working tree, by `git diff`.

The scanned repository is not trusted: its attributes must not hide a change (`--text`), and no program that its
configuration names for differences is run. The filters that git itself runs on checked-in files are git's own matter.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.git_index import Tracked, read_tracked
from agentsentinel_cli.scan.roots import is_checkout
from agentsentinel_cli.scan.suffixes import SUFFIXES
from agentsentinel_core.lazy_regex import lazy_compile

if TYPE_CHECKING:
    from subprocess import CompletedProcess

SECONDS = 300
"""Most seconds that one git command may take."""
_FOREIGN = frozenset(
    (
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
        "GIT_DIFF_OPTS",
    )
)
"""Variables of a hook's repository, which need not be the scanned one, and of the form of a difference."""
_UNKNOWN = 1
"""Exit code of `git rev-parse --verify --quiet` for what does not exist."""
_DIFF = (
    *("diff", "--unified=0", "--inter-hunk-context=0", "--text", "--no-color", "--no-ext-diff", "--no-textconv"),
    *("--no-renames", "--no-relative", "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules"),
)
_HUNK = lazy_compile(rb"@@ -\d+(?:,(?P<removed>\d+))? \+(?P<first>\d+)(?:,(?P<added>\d+))? @@")
_ESCAPE = lazy_compile(rb'\\([abfnrtv"\\]|[0-7]{3})')
_ESCAPED = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}

Ranges = tuple[tuple[int, int], ...]
"""First and last lines, from 1."""


class ChangedLines(NamedTuple):
    """Changed lines of the working tree; every line of a file that git does not track counts as changed."""

    ranges: Mapping[str, Ranges]
    """Changed lines by path from the root. Where lines were only removed, the lines around the gap count."""
    tracked: Tracked

    def touch(self, path: str, first: int, last: int) -> bool:
        """Tell whether any of these lines has changed."""
        if not self.tracked.holds(path, is_folder=False):
            return True
        return any(start <= last and first <= end for start, end in self.ranges.get(path, ()))


def changed_since(root: str, ref: str) -> ChangedLines:
    """Compare the working tree with a commit. Raises RequestError outside of git, and for an unknown commit."""
    if not is_checkout(root):
        raise RequestError(f"--since needs a git repository, and {root!a} is not one")
    commit = _commit(root, ref)
    output = _git(root, *_DIFF, commit, "--", *(f"*{suffix}" for suffix in SUFFIXES))
    return ChangedLines(parse_diff(output), read_tracked(root))


def _commit(root: str, ref: str) -> str:
    """Return the id of a commit; it never begins with a dash, which git would read as an option."""
    done = None if ref.startswith("-") else _run(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if done is not None and done.returncode in (0, _UNKNOWN):
        commit = done.stdout.decode().strip()
        if commit:
            return commit
    elif done is not None:
        raise _failed(done)
    advice = "`git log` lists commits"
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        fetch = f"git fetch --depth=1 origin {ref!a}"
        advice = f"this clone is shallow: `{fetch}` fetches it, as fetch-depth: 0 of a workflow does"
    raise RequestError(f"--since: {ref!a} is not a commit of this repository; {advice}")


def _git(root: str, *arguments: str) -> bytes:
    """Return the output of a git command. Raises RequestError."""
    done = _run(root, *arguments)
    if done.returncode:
        raise _failed(done)
    return done.stdout


def _failed(done: "CompletedProcess[bytes]") -> RequestError:
    reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return RequestError(f"--since: git cannot compare: {reason[:300]!a}")


def _run(root: str, *arguments: str) -> "CompletedProcess[bytes]":
    """Run git in a repository. Raises RequestError when it cannot be run."""
    import subprocess

    command = ["git", "-C", root, "-c", "core.quotePath=true", "-c", "core.fsmonitor=false", *arguments]
    variables = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    variables |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603 - no shell, and no argument can be an option that is not ours
            command, capture_output=True, env=variables, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise RequestError("--since needs git, which is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise RequestError(f"--since: git took longer than {SECONDS} seconds") from error


def parse_diff(output: bytes) -> dict[str, Ranges]:
    """Return the changed lines of each file in a patch without context."""
    found: dict[str, list[tuple[int, int]]] = {}
    path = ""
    lines = iter(output.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            path = _path(line[4:])
        elif (hunk := _HUNK.match(line)) is not None:
            first, added, removed = int(hunk["first"]), _count(hunk["added"]), _count(hunk["removed"])
            # Nothing added: the lines before and after the gap stand for what was removed there.
            found.setdefault(path, []).append((first, first + added - 1) if added else (max(1, first), first + 1))
            _skip(lines, removed + added)
    return {path: tuple(ranges) for path, ranges in found.items()}


def _count(number: bytes | None) -> int:
    return 1 if number is None else int(number)


def _skip(lines: Iterator[bytes], count: int) -> None:
    """Pass over the changed lines of a hunk, which may look like anything, and notes on a missing line break."""
    while count:
        line = next(lines, None)
        if line is None:
            return
        count -= not line.startswith(b"\\")


def _path(name: bytes) -> str:
    """Return the path of a `+++` line, which git quotes like C where it has special characters."""
    name = name.removesuffix(b"\t")  # behind a name with blanks
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_unescaped, name[1:-1])
    return os.fsdecode(name.removeprefix(b"b/"))


def _unescaped(found: "re.Match[bytes]") -> bytes:
    code = found[1]
    return bytes([_ESCAPED[code] if code in _ESCAPED else int(code, 8) & 0xFF])


def with_decorators(lines: Sequence[bytes], line: int) -> int:
    """Return the first line of what stands at a line, with the decorators directly above it."""
    first = line
    for number in range(min(line - 1, len(lines)), 0, -1):
        text = lines[number - 1].strip()
        if not text:
            break
        if text.startswith(b"@"):
            first = number
    return first
