"""Which files git tracks, from its index: an ignore file says nothing of those, whatever its patterns match.

Without this, a change could bring an agent and the line that hides it from the scan. Nothing is run: the index is read
as gitformat-index(5) describes it, in its versions 2 to 4. One that cannot be read tracks nothing.
"""

import os
import struct

MOST_BYTES = 256 * 1024 * 1024
_FIXED = 62
"""Bytes of an entry before its name, with a SHA-1 in it."""
_EXTENDED = 0x4000


class Tracked:
    """The files of an index, and the folders that hold any; paths are relative to the root."""

    def __init__(self, files: "frozenset[str]") -> None:
        self._files = files
        self._folders = {path[:at] for path in files for at, char in enumerate(path) if char == "/"}

    def holds(self, path: str, *, is_folder: bool) -> bool:
        """Whether git tracks a file, or anything in a folder."""
        return path in (self._folders if is_folder else self._files)


def read_tracked(root: str) -> Tracked:
    """What the repository at a root tracks."""
    try:
        file = os.path.join(_git_folder(root), "index")
        if os.path.getsize(file) > MOST_BYTES:
            return Tracked(frozenset())
        with open(file, "rb") as stream:
            return Tracked(frozenset(_paths(stream.read())))
    except (OSError, ValueError, IndexError, struct.error):
        return Tracked(frozenset())


def _git_folder(root: str) -> str:
    """The folder `.git`, or the one that a worktree's file `.git` names."""
    place = os.path.join(root, ".git")
    if os.path.isdir(place):
        return place
    with open(place, encoding="utf-8", errors="surrogateescape") as stream:
        named = stream.read(4096).strip()
    return os.path.join(root, named.removeprefix("gitdir:").strip())


def _paths(data: bytes) -> list[str]:
    signature, version, count = struct.unpack_from(">4sLL", data)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index that is known")
    paths: list[str] = []
    at, name = 12, b""
    for _ in range(count):
        (flags,) = struct.unpack_from(">H", data, at + _FIXED - 2)
        start = at + _FIXED + (2 if flags & _EXTENDED else 0)
        if version == 4:  # the name before, without so many bytes at its end, and what follows
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
    """A number of variable length as git packs offsets, and where it ends."""
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, at + 1
