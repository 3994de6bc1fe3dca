"""Selection of the files to scan, with the reason for every file or folder that is skipped.

Folders are skipped by their path relative to the target, never by where the target lies: a project under
/home/me/venvs is a project. A file named on the command line is read unless `--exclude` matches it. Files that git
ignores and nested checkouts are skipped because they are build products and copies; test files are recognised by their
content. Symbolic links inside a folder are not followed: their target is either scanned at its own path, or lies
outside of what was requested.

Runs that are served from the report cache load little more than this module, so it uses plain classes.
"""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentsentinel_cli.scan.content_of_tests import folder_holds_test, holds_test
from agentsentinel_cli.scan.git_index import Tracked, read_tracked
from agentsentinel_cli.scan.globs import GitIgnore, Glob
from agentsentinel_cli.scan.roots import identity, is_checkout, real, root_of
from agentsentinel_cli.scan.suffixes import SUFFIXES

MOST_BYTES = 4 * 1024 * 1024
"""Most bytes of one source file; a longer one is generated code. (Semgrep's limit is 1 MB.)"""
MOST_NOTEBOOK_BYTES = 24 * 1024 * 1024
"""Most bytes of one notebook, which may contain pictures."""
IGNORE_FILE = ".sentinelignore"
_GIT_IGNORE = ".gitignore"
STDIN = "-"
STDIN_NAME = "stdin.py"
"""File name that standard input has in reports; its suffix makes it Python."""

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
"""Output folders when a package.json is next to them; in a Python project these are ordinary names."""
_TESTS = frozenset(("tests", "test", "__tests__", "__mocks__", "testing", "e2e", "fixtures"))
_TEST_FILE = re.compile(
    r"(?:test_[^/]*|[^/]*_tests?|conftest)\.pyi?$|[^/]*[._-](?:test|spec|test-d|stories|story|fixture)s?\.[cm]?[jt]sx?$",
    re.IGNORECASE,
)


class Skipped(NamedTuple):
    """File or folder that was requested but could not be read."""

    path: str
    reason: str


class SourceFile(NamedTuple):
    """One file to read."""

    path: str
    """Identity of the file: its path from the root, with forward slashes."""
    location: str
    """Path to open the file with, or `-` for standard input."""


class Selection(NamedTuple):
    """Options that exclude files or include files skipped by default."""

    include_tests: bool = False
    include_vendored: bool = False
    exclude: tuple[str, ...] = ()
    """Globs for paths from the root or from the target; `**` crosses folders."""
    include_ignored: bool = False


class Walk:
    """Result of walking the targets: files to read, and what was skipped."""

    def __init__(self, root: str) -> None:
        self.root = root
        """The folder that paths are relative to."""
        self.files: list[SourceFile] = []
        self.skipped: list[Skipped] = []
        """Files and folders that could not be read, each reported."""
        self.left_out: dict[str, int] = {}
        """Files and folders skipped by a rule: kind -> how many."""

    def leave_out(self, kind: str) -> None:
        """Count a file or folder that a rule skips; `kind` is the noun for reports, such as "test file"."""
        self.left_out[kind] = self.left_out.get(kind, 0) + 1


class _Search(NamedTuple):
    """Settings of a walk: root, options and compiled `--exclude` patterns."""

    root: str
    selection: Selection
    excluded: tuple[Glob, ...]


def find_files(targets: Sequence[str], selection: Selection, files: Iterable[str | None] = ()) -> Walk:
    """Find all files to read under the targets, each once, sorted by path. Raises FileNotFoundError.

    `files` are a baseline or ignore file; without a repository, its folder is the root that paths are relative to.
    """
    root = root_of([target for target in targets if target != STDIN], files)
    walk = Walk(root)
    search = _Search(root, selection, tuple(Glob(_from_root(text, root)) for text in selection.exclude))
    for target in targets:
        if target == STDIN:
            walk.files.append(SourceFile(STDIN_NAME, STDIN))
        elif os.path.isdir(target):
            _walk_folder(target, search, walk)
        else:
            _take_named_file(target, search, walk)
    unique = {file.path: file for file in reversed(walk.files)}
    walk.files = sorted(unique.values(), key=lambda file: file.path)
    walk.skipped.sort(key=lambda entry: entry.path)
    return walk


def _from_root(pattern: str, root: str) -> str:
    """Convert a pattern with an absolute path to a pattern relative to the root."""
    if not os.path.isabs(pattern):
        return pattern
    folder = os.path.realpath(pattern.rstrip("/")).replace(os.sep, "/")
    return folder.removeprefix(root.replace(os.sep, "/")).removeprefix("/") or "**"


def default_ignore_files(targets: Sequence[str], root: str) -> list[str]:
    """Return the ignore files used without `--ignore-file`: in the root, the working folder and the targets."""
    folders = [root, ".", *(target for target in targets if os.path.isdir(target))]
    files = {real(os.path.join(folder, IGNORE_FILE)) for folder in folders}
    return [os.path.relpath(file) for file in sorted(files, key=lambda file: (len(file), file)) if os.path.isfile(file)]


def folder_of(file: str, root: str) -> str:
    """Return the folder of a file relative to the root, ending in a slash; "" for the root and folders outside it."""
    folder = identity(os.path.dirname(os.path.abspath(file)), root)
    return "" if folder == "." or folder.startswith("..") else f"{folder}/"


def read_file(file: SourceFile) -> bytes:
    """Read the bytes of one file. Raises OSError, and ValueError with the reason why the file is not read."""
    return read_regular_file(file.location, MOST_NOTEBOOK_BYTES if file.path.endswith(".ipynb") else MOST_BYTES)


def read_regular_file(path: str, most: int) -> bytes:
    """Read a file of at most `most` bytes. Raises OSError, and ValueError with the reason why it is not read."""
    # A FIFO would block forever and /dev/zero never ends; both are detected before the first byte is read.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as stream:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise ValueError("not a regular file")
        if state.st_size > most:
            raise ValueError(_too_large(most))
        # Some files of /proc report size 0 and never end.
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError(_too_large(most))
    return data


def _too_large(most: int) -> str:
    kilobytes = most // 1024
    return f"larger than {kilobytes // 1024} MB" if kilobytes >= 1024 else f"larger than {kilobytes} KB"


def _take_named_file(target: str, search: _Search, walk: Walk) -> None:
    state = os.stat(target)  # raises for what does not exist
    shown = identity(target, search.root)
    if not stat.S_ISREG(state.st_mode):
        walk.skipped.append(Skipped(shown, "not a regular file"))
    elif not target.endswith(SUFFIXES):
        walk.skipped.append(Skipped(shown, "not a Python, TypeScript or JavaScript file"))
    elif _is_excluded(shown, os.path.normpath(target).replace(os.sep, "/"), search.excluded):
        walk.leave_out("excluded")
    else:
        walk.files.append(SourceFile(shown, target))


def _is_excluded(shown: str, relative: str, excluded: tuple[Glob, ...]) -> bool:
    """Tell whether a pattern matches a file or one of its parent folders, from the root or from the target."""
    return any(
        pattern.fullmatch(path) for pattern in excluded for path in (*_with_folders(shown), *_with_folders(relative))
    )


def _with_folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _walk_folder(target: str, search: _Search, walk: Walk) -> None:
    prefix = identity(target, search.root)
    if _is_excluded(prefix, prefix, search.excluded):
        walk.leave_out("excluded")
        return
    prefix = "" if prefix == "." else f"{prefix}/"
    ignores = _Ignores(search)
    waiting = [(target, "", ignores.around(prefix))]
    while waiting:
        folder, below, known = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            walk.skipped.append(Skipped(prefix + below.rstrip("/"), f"cannot be listed: {_why(error)}"))
            continue
        names = {entry.name for entry in entries}
        if _GIT_IGNORE in names:
            known = ignores.with_file(known, prefix + below, folder)
        for entry in entries:
            relative = below + entry.name
            is_folder = _is_folder(entry)
            if any(pattern.fullmatch(path) for pattern in search.excluded for path in (prefix + relative, relative)):
                walk.leave_out("excluded")
            elif is_folder and entry.name in _NEVER:
                walk.leave_out("tool folder")
            elif is_folder or entry.name.endswith(SUFFIXES):
                is_ignored = known.ignores(prefix + relative, is_folder)
                if is_ignored and not ignores.tracks(prefix + relative, is_folder):
                    walk.leave_out("ignored by git")
                elif not is_folder:
                    _take_found_file(entry, prefix + relative, search.selection, walk)
                elif (kind := _kind_of_folder(entry, names, search.selection)) is not None:
                    walk.leave_out(kind)
                else:
                    waiting.append((entry.path, f"{relative}/", _Known(known.files, is_ignored)))


class _Known(NamedTuple):
    """Git ignore files that apply to a folder, innermost last, each with the folder that contains it."""

    files: tuple[tuple[str, GitIgnore], ...] = ()
    is_inside: bool = False
    """Whether the folder itself is ignored, and walked only for the files that git tracks in it anyway."""

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Tell whether a path is ignored; the innermost ignore file with a matching pattern decides."""
        if self.is_inside:
            return True
        for folder, file in reversed(self.files):
            verdict = file.verdict(path[len(folder) :], is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False


class _Ignores:
    """Reader of the git ignore files between the root and the folder being walked."""

    def __init__(self, search: _Search) -> None:
        self._root = search.root
        self._is_wanted = not search.selection.include_ignored
        self._tracked: Tracked | None = None

    def around(self, prefix: str) -> _Known:
        """Return the ignore files above a target: `.git/info/exclude`, the root's, and those of folders in between.

        The target's own ignore file is read by the walk.
        """
        known = self.with_file(_Known(), "", os.path.join(self._root, ".git", "info"), "exclude")
        folders = _with_folders(prefix.rstrip("/"))[:-1] if prefix else []
        for folder in ["", *(f"{name}/" for name in folders)] if prefix else []:
            known = self.with_file(known, folder, os.path.join(self._root, folder))
        return known

    def with_file(self, known: _Known, prefix: str, folder: str, name: str = ".gitignore") -> _Known:
        """Return the known ignore files with the one of `folder` added, when it exists and can be read."""
        if not self._is_wanted:
            return known
        try:
            data = read_file(SourceFile(name, os.path.join(folder, name)))
        except (OSError, ValueError):
            return known
        return _Known((*known.files, (prefix, GitIgnore(data.decode("utf-8", "replace")))), known.is_inside)

    def tracks(self, path: str, is_folder: bool) -> bool:
        """Tell whether git tracks a path. Tracked files are not ignored, even when an ignore file matches them."""
        if self._tracked is None:
            self._tracked = read_tracked(self._root)
        return self._tracked.holds(path, is_folder=is_folder)


def _take_found_file(entry: "os.DirEntry[str]", shown: str, selection: Selection, walk: Walk) -> None:
    if entry.is_symlink():
        walk.leave_out("symbolic link")
    elif not selection.include_vendored and entry.name.endswith((".min.js", ".d.ts", ".d.mts", ".d.cts")):
        walk.leave_out("generated file")
    elif not _is_regular(entry):
        walk.skipped.append(Skipped(shown, "not a regular file"))
    elif not selection.include_tests and _TEST_FILE.match(entry.name) and holds_test(entry.path):
        walk.leave_out("test file")
    else:
        walk.files.append(SourceFile(shown, entry.path))


def _kind_of_folder(entry: "os.DirEntry[str]", beside: set[str], selection: Selection) -> str | None:
    """Return the kind under which a folder is skipped, or None when it is walked."""
    name = entry.name
    if not selection.include_ignored and is_checkout(entry.path):
        return "checkout of its own"
    if not selection.include_vendored:
        if name in _VENDORED:
            return "vendored folder"
        if name in _BUILT and "package.json" in beside:
            return "build output"
        if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
            return "virtual environment"
    if not selection.include_tests and name.lower() in _TESTS and folder_holds_test(entry.path, SUFFIXES):
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


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def reason_of(error: Exception) -> str:
    """Return why a file was not read, as text for reports."""
    return _why(error) if isinstance(error, OSError) else str(error)
