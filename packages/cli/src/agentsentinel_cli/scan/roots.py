"""Identity of files: the path from the repository's root, independent of how the target is spelled."""

import os
from collections.abc import Iterable, Sequence


def real(path: str) -> str:
    """Return the absolute path with symbolic links in its folders resolved; a file that is itself a link stays one."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def root_of(targets: Sequence[str], files: Iterable[str | None] = ()) -> str:
    """Return the root folder that paths in reports and fingerprints are relative to.

    Candidates, in order: the innermost repository around all targets, the workspace of a GitHub runner, the folder of a
    baseline or ignore file (`files`), the working folder. The first that contains all targets is the root, else the
    targets' common folder.
    """
    common = _common_folder([real(target) for target in targets] or [os.getcwd()])
    given = [os.path.dirname(os.path.abspath(file)) for file in files if file]
    candidates = [_repository_around(common), os.environ.get("GITHUB_WORKSPACE"), *given, os.getcwd()]
    for candidate in candidates:
        if candidate and is_within(common, os.path.realpath(candidate)):
            return os.path.realpath(candidate)
    return common


def is_within(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or lies in it; both as `real` returns them."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def identity(path: str, root: str) -> str:
    """Return the path of a file or folder relative to the root, with forward slashes; "." for the root."""
    relative = os.path.relpath(real(path), root)
    return relative.replace(os.sep, "/")


def is_checkout(folder: str) -> bool:
    """Tell whether a folder is the top of a git checkout.

    A clone contains a folder `.git`, a worktree or submodule a file `.git`.
    """
    return os.path.exists(os.path.join(folder, ".git"))


def _common_folder(paths: Sequence[str]) -> str:
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    try:
        return os.path.commonpath(folders)
    except ValueError:  # different drives on Windows
        return folders[0]


def _repository_around(folder: str) -> str | None:
    while not is_checkout(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
