"""One identity for a file: its path from the repository's root, however its target is spelled."""

import os
from collections.abc import Iterable, Sequence


def real(path: str) -> str:
    """The absolute path of a file or folder, with links on the way to it resolved, yet not a file that is a link."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def root_of(targets: Sequence[str], files: Iterable[str | None] = ()) -> str:
    """The folder that paths are shown and compared from.

    The innermost repository around all targets, else the workspace of a GitHub runner, else the folder of a baseline
    or ignore file (`files`), else the working folder; of these, the first that holds all targets.
    """
    common = _common_folder([real(target) for target in targets] or [os.getcwd()])
    given = [os.path.dirname(os.path.abspath(file)) for file in files if file]
    candidates = [_repository_around(common), os.environ.get("GITHUB_WORKSPACE"), *given, os.getcwd()]
    for candidate in candidates:
        if candidate and is_within(common, os.path.realpath(candidate)):
            return os.path.realpath(candidate)
    return common


def is_within(path: str, folder: str) -> bool:
    """Whether a path lies in a folder or is it; both as `real` gives them."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def identity(path: str, root: str) -> str:
    """The path of a file or folder from the root, with forward slashes; "." for the root."""
    relative = os.path.relpath(real(path), root)
    return relative.replace(os.sep, "/")


def is_checkout(folder: str) -> bool:
    """Whether a folder is a repository's own: a clone holds a folder `.git`, a worktree or submodule a file."""
    return os.path.exists(os.path.join(folder, ".git"))


def _common_folder(paths: Sequence[str]) -> str:
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    try:
        return os.path.commonpath(folders)
    except ValueError:  # drives of Windows
        return folders[0]


def _repository_around(folder: str) -> str | None:
    while not is_checkout(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
