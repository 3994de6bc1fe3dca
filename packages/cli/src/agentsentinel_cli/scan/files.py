"""Which files are scanned, and which are not and why.

Folders are skipped by what they are relative to the target, never by where the target lies: a project under
/home/me/venvs is a project. What a person names outright is always read. Symbolic links inside a folder are not
followed: whatever they lead to is read where it is, or lies outside of what was asked for.

Runs that are answered from memory load this module and not much else, so it keeps to plain classes.
"""

import os
import re
import stat
from collections.abc import Sequence
from typing import NamedTuple

from agentsentinel_cli.scan.suffixes import SUFFIXES

MOST_BYTES = 4 * 1024 * 1024
"""Of one source file; what is longer is generated. (Semgrep stops at 1 MB.)"""
MOST_NOTEBOOK_BYTES = 24 * 1024 * 1024
"""Notebooks hold pictures."""
IGNORE_FILE = ".sentinelignore"
STDIN = "-"
STDIN_NAME = "stdin.py"
"""What standard input is shown, and read, as."""

_NEVER = frozenset(
    (".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".eggs")
)
_VENDORED = frozenset(
    (
        "node_modules",
        "site-packages",
        "dist-packages",
        "bower_components",
        "vendor",
        "vendored",
        "_vendor",
    )
)
_BUILT = frozenset(("dist", "build", "out", ".next", ".nuxt", "coverage"))
"""Output folders where a package.json stands beside them; in a Python project they are ordinary names."""
_TESTS = frozenset(("tests", "test", "__tests__", "__mocks__", "testing", "e2e", "fixtures"))
_TEST_FILE = re.compile(
    r"(?:test_[^/]*|[^/]*_tests?|conftest)\.pyi?$|[^/]*[._-](?:test|spec|test-d|stories|story|fixture)s?\.[cm]?[jt]sx?$",
    re.IGNORECASE,
)


class Skipped(NamedTuple):
    """A file or folder that was asked for and not read."""

    path: str
    reason: str


class SourceFile(NamedTuple):
    """One file to read."""

    path: str
    """As shown: the target as given, and the way below it, with forward slashes."""
    location: str
    """How to open it."""


class Selection(NamedTuple):
    """What a person wants left out or put back."""

    include_tests: bool = False
    include_vendored: bool = False
    exclude: tuple[str, ...] = ()
    """Globs over the shown path; `**` crosses folders."""


class Walk:
    """What a walk found."""

    def __init__(self) -> None:
        self.files: list[SourceFile] = []
        self.skipped: list[Skipped] = []
        """What could not be read, to be reported one by one."""
        self.left_out: dict[str, int] = {}
        """What was left out by rule: how many of which kind."""

    def leave_out(self, kind: str) -> None:
        """Count one thing that was left out on purpose."""
        self.left_out[kind] = self.left_out.get(kind, 0) + 1


def find_files(targets: Sequence[str], selection: Selection) -> Walk:
    """All files to read under the targets, each once, in a stable order. Raises FileNotFoundError."""
    walk = Walk()
    excluded = [Glob(text) for text in selection.exclude]
    for target in targets:
        if target == STDIN:
            walk.files.append(SourceFile(STDIN_NAME, STDIN))
        elif os.path.isdir(target):
            _walk_folder(target, selection, excluded, walk)
        else:
            _take_named_file(target, walk)
    unique = {os.path.abspath(file.location): file for file in reversed(walk.files)}
    walk.files = sorted(unique.values(), key=lambda file: file.path)
    walk.skipped.sort(key=lambda entry: entry.path)
    return walk


def read_file(file: SourceFile) -> bytes:
    """The bytes of one file. Raises OSError, and ValueError with the reason why it is not read."""
    # A FIFO would block for ever and /dev/zero never end; both are known before the first byte is read.
    descriptor = os.open(file.location, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as stream:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise ValueError("not a regular file")
        most = MOST_NOTEBOOK_BYTES if file.path.endswith(".ipynb") else MOST_BYTES
        if state.st_size > most:
            raise ValueError(f"larger than {most // 1024 // 1024} MB")
        # Some files of /proc claim no size and go on for ever.
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError(f"larger than {most // 1024 // 1024} MB")
    return data


class Glob:
    """A pattern for whole paths: `*` stays within a folder, `**` does not; a bare name matches anywhere.

    Followed part by part over all places reached so far: as a regular expression, thirty stars in an ignore file that a
    pull request brings along would keep the scan busy for years.
    """

    def __init__(self, text: str) -> None:
        text = text.strip().removeprefix("./")
        if text.endswith("/"):
            text += "**"
        if "/" not in text:
            text = f"**/{text}"
        self._parts = [part for part in re.split(r"(\*\*/|\*\*|\*|\?)", text) if part]

    def fullmatch(self, path: str) -> bool:
        """Whether the whole path is meant."""
        reached = {0}
        for part in self._parts:
            reached = _after(part, path, reached)
            if not reached:
                return False
        return len(path) in reached


def _after(part: str, path: str, reached: set[int]) -> set[int]:
    """Where in the path one can be after a part of a glob, coming from some places."""
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


def _take_named_file(target: str, walk: Walk) -> None:
    state = os.stat(target)  # raises for what does not exist
    shown = _shown(target)
    if not stat.S_ISREG(state.st_mode):
        walk.skipped.append(Skipped(shown, "not a regular file"))
    elif not target.endswith(SUFFIXES):
        walk.skipped.append(Skipped(shown, "not a Python, TypeScript or JavaScript file"))
    else:
        walk.files.append(SourceFile(shown, target))


def _walk_folder(target: str, selection: Selection, excluded: list[Glob], walk: Walk) -> None:
    waiting = [(target, "")]
    prefix = _shown(target)
    prefix = "" if prefix == "." else prefix.rstrip("/") + "/"
    while waiting:
        folder, below = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            walk.skipped.append(Skipped(prefix + below.rstrip("/"), f"cannot be listed: {_why(error)}"))
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            relative = below + entry.name
            shown = _shown(prefix + relative)
            if any(pattern.fullmatch(shown) or pattern.fullmatch(relative) for pattern in excluded):
                walk.leave_out("excluded")
            elif _is_folder(entry):
                kind = _kind_of_folder(entry, names, selection)
                if kind is None:
                    waiting.append((entry.path, relative + "/"))
                else:
                    walk.leave_out(kind)
            elif entry.name.endswith(SUFFIXES):
                _take_found_file(entry, shown, selection, walk)


def _take_found_file(entry: "os.DirEntry[str]", shown: str, selection: Selection, walk: Walk) -> None:
    if entry.is_symlink():
        walk.leave_out("symbolic link")
    elif not selection.include_tests and _TEST_FILE.match(entry.name):
        walk.leave_out("test file")
    elif not selection.include_vendored and entry.name.endswith((".min.js", ".d.ts", ".d.mts", ".d.cts")):
        walk.leave_out("generated file")
    elif not _is_regular(entry):
        walk.skipped.append(Skipped(shown, "not a regular file"))
    else:
        walk.files.append(SourceFile(shown, entry.path))


def _kind_of_folder(entry: "os.DirEntry[str]", beside: set[str], selection: Selection) -> str | None:
    """Why a folder is left out, or None when it is not."""
    name = entry.name
    if name in _NEVER:
        return "tool folder"
    if not selection.include_vendored:
        if name in _VENDORED:
            return "vendored folder"
        if name in _BUILT and "package.json" in beside:
            return "build output"
        if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
            return "virtual environment"
    if not selection.include_tests and name.lower() in _TESTS:
        return "test folder"
    return None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_regular(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False


def _shown(path: str) -> str:
    shown = os.path.normpath(path).replace(os.sep, "/")
    return shown.removeprefix("./")


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def reason_of(error: Exception) -> str:
    """Why a file was not read, in words for people."""
    return _why(error) if isinstance(error, OSError) else str(error)
