"""Reads and writes a configuration file of another program: bounded, byte for byte, and whole or not at all."""

from __future__ import annotations

import codecs
import contextlib
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 16 * 1024 * 1024
_NEVER_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # the one is POSIX, the other Windows
BACKUP_SUFFIX = ".before-sentinel"


class Unusable(Exception):
    """A file cannot be read or written; the message says which and why."""


@dataclass(frozen=True)
class TextFile:
    """The content of a text file in UTF-8, and what is needed to write it back."""

    path: Path
    """The file itself, where it was named by a symbolic link."""
    content: bytes

    @property
    def text(self) -> str:
        """Its text without a byte order mark. Raises Unusable."""
        try:
            return self.content.removeprefix(codecs.BOM_UTF8).decode()
        except UnicodeDecodeError:
            raise Unusable(f"{self.path}: it is not text in UTF-8") from None

    def encoded(self, text: str) -> bytes:
        """Return another text as bytes of this file."""
        mark = codecs.BOM_UTF8 if self.content.startswith(codecs.BOM_UTF8) else b""
        return mark + text.encode()

    @property
    def backup_path(self) -> Path:
        """Where its backup is."""
        return self.path.with_name(self.path.name + BACKUP_SUFFIX)


def read(path: Path, most_bytes: int = MOST_BYTES) -> TextFile:
    """Read a file of at most `most_bytes`, which is a multiple of 1 KiB. Raises Unusable.

    It never waits for a pipe's other end, and reads nothing of a file that is too large.
    """
    try:
        target = path.resolve(strict=True)
        _check_kind(path, target.stat())  # before it is opened, which a device may notice
        with open(os.open(target, os.O_RDONLY | _NEVER_WAITING), "rb") as file:
            status = os.fstat(file.fileno())
            _check_kind(path, status)
            content = b"" if status.st_size > most_bytes else file.read(most_bytes + 1)
    except (OSError, RuntimeError) as error:
        raise Unusable(f"{path}: it cannot be read ({_reason(error)})") from None
    if max(status.st_size, len(content)) > most_bytes:
        raise Unusable(f"{path}: it is larger than {_size(most_bytes)}")
    return TextFile(target, content)


def read_backup(file: TextFile) -> TextFile | None:
    """Return a file's backup, or None."""
    try:
        return read(file.backup_path)
    except Unusable:
        return None


def replace(file: TextFile, content: bytes) -> None:
    """Write new content, unless the file has changed since it was read. Raises Unusable."""
    if read(file.path).content != file.content:
        raise Unusable(f"{file.path}: it has changed meanwhile; close the client, and try again")
    _write(file.path, content, like=file.path)


def keep_backup(file: TextFile, content: bytes) -> None:
    """Write a file's backup, readable by those who can read the file. Raises Unusable."""
    _write(file.backup_path, content, like=file.path)


def drop_backup(file: TextFile) -> None:
    """Delete a file's backup."""
    with contextlib.suppress(OSError):
        file.backup_path.unlink()


def _write(path: Path, content: bytes, like: Path) -> None:
    """Write a file beside its place and move it there, with the mode and owner of another."""
    temporary: str | None = None
    try:
        status = like.stat()
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # a file of another user, which stays readable by its mode
                os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise Unusable(f"{path}: it cannot be written ({_reason(error)})") from None


def _check_kind(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unusable(f"{path}: it is not a file")


def _size(count: int) -> str:
    kibibytes = count // 1024
    return f"{kibibytes // 1024} MiB" if kibibytes % 1024 == 0 else f"{kibibytes} KiB"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
