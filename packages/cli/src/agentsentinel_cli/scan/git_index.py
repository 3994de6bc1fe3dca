"""Reader of the git index, which lists the tracked files; ignore files have no effect on tracked files.

Without this, a change could add an agent together with the ignore pattern that hides it from the scan. Git itself is
not run: the index is parsed as gitformat-index(5) describes it, versions 2 to 4. An index that cannot be read counts as
empty.
"""

import os
import struct

MOST_BYTES = 256 * 1024 * 1024
_FIXED = 62
"""Bytes of an index entry before its name, in a repository with SHA-1 object ids."""
_EXTENDED = 0x4000


class Tracked:
    """Tracked files and the folders that contain them; paths are relative to the root."""

    def __init__(self, files: "frozenset[str]") -> None:
        self._files = files
        self._folders = {path[:at] for path in files for at, char in enumerate(path) if char == "/"}

    def holds(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether git tracks a file, or any file in a folder."""
        return path in (self._folders if is_folder else self._files)


def read_tracked(root: str) -> Tracked:
    """Read which files the repository at a root tracks; none when its index is missing, too large or damaged."""
    try:
        file = os.path.join(_git_folder(root), "index")
        if os.path.getsize(file) > MOST_BYTES:
            return Tracked(frozenset())
        with open(file, "rb") as stream:
            return Tracked(frozenset(_paths(stream.read())))
    except (OSError, ValueError, IndexError, struct.error):
        return Tracked(frozenset())


def _git_folder(root: str) -> str:
    """Return the folder `.git`, or the folder that the file `.git` of a worktree or submodule names."""
    place = os.path.join(root, ".git")
    if os.path.isdir(place):
        return place
    with open(place, encoding="utf-8", errors="surrogateescape") as stream:
        named = stream.read(4096).strip()
    return os.path.join(root, named.removeprefix("gitdir:").strip())


def _paths(data: bytes) -> list[str]:
    signature, version, count = struct.unpack_from(">4sLL", data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("not a git index of version 2 to 4")
    paths: list[str] = []
    at, name = 12, b""
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", data, at + _FIXED - 2)
        start = at + _FIXED + (2 if flags & _EXTENDED else 0)
        if version == 4:  # prefix-compressed: the previous name without its last bytes, plus the rest of this name
            dropped, start = _number(data, start)
            end = data.index(b"\0", start)
            name = name[: len(name) - dropped] + data[start:end]
            at = end + 1
        else:
            end = data.index(b"\0", start)
            name = data[start:end]
            at += (end - at + 8) // 8 * 8
        paths.append(os.fsdecode(name))
    return paths


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Decode a variable-length number in git's offset encoding; return it and the position after it."""
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, at + 1
