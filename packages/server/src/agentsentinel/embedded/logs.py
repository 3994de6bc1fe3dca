"""The server's log files: read their last lines, and delete old ones before they fill the disk."""

import os
import re
from contextlib import suppress
from pathlib import Path

KEPT_FILES = 8
"""Log files that are kept, of 10 MB each, so that they stay below 100 MB if they are pruned regularly."""

_LOG_FILE = re.compile(r"postgresql-\d{8}-\d{6}\.log")
_COLLECTOR_TOOK_OVER = "redirecting log output to logging collector"
_TAIL_BYTES = 4096

# The folder belongs to PostgreSQL's account, and this process may be root: it must not follow a link planted there.
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def prune(folder: Path, keep: int = KEPT_FILES) -> None:
    """Delete all but the newest `keep` log files; their names sort by time. A missing folder is not an error."""
    try:
        descriptor = os.open(folder, _FOLDER_FLAGS)
    except OSError:
        return
    try:
        for name in _log_files(descriptor)[:-keep]:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def last_lines(start_log: Path, folder: Path, count: int = 12) -> str:
    """Return the server's last `count` lines, from its newest log file, or from `start_log` if it opened none."""
    text = _tail(start_log, None)
    if _COLLECTOR_TOOK_OVER in text:
        text = _newest(folder)
    return "\n".join(text.splitlines()[-count:])


def _newest(folder: Path) -> str:
    try:
        descriptor = os.open(folder, _FOLDER_FLAGS)
    except OSError:
        return ""
    try:
        names = _log_files(descriptor)
        return _tail(Path(names[-1]), descriptor) if names else ""
    finally:
        os.close(descriptor)


def _log_files(folder: int) -> list[str]:
    return sorted(name for name in os.listdir(folder) if _LOG_FILE.fullmatch(name))


def _tail(path: Path, folder: int | None) -> str:
    try:
        descriptor = os.open(path, _FILE_FLAGS, dir_fd=folder)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace")
