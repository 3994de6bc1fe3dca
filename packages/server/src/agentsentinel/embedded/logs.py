"""The server's log files: reading their end, and keeping them from filling the disk."""

import os
import re
from contextlib import suppress
from pathlib import Path

KEPT_FILES = 8
"""Of 10 MB each, so that the logs stay below 100 MB as long as they are pruned now and then."""

_LOG_FILE = re.compile(r"postgresql-\d{8}-\d{6}\.log")
_COLLECTOR_TOOK_OVER = "redirecting log output to logging collector"
_TAIL_BYTES = 4096

# The folder belongs to PostgreSQL's account, and we may be root: a link planted there must not lead us elsewhere.
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def prune(folder: Path, keep: int = KEPT_FILES) -> None:
    """Delete all but the newest `keep` log files; their names sort by time. A folder that is not there is fine."""
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
    """The last `count` lines the server said: in its newest log file, or to us if it died before it opened one."""
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
