"""Find the processes that belong to a cluster.

A pid file alone is not reliable: after a `kill -9` or a reboot it names a process that has ended, or an unrelated one
with the same number. A process counts as the cluster's server only if it runs as the cluster's owner, is a `postgres`,
and works in the cluster's folder.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_UID = re.compile(rb"^Uid:\s+(\d+)", re.MULTILINE)
_PS_TIMEOUT_S = 10.0
_PS_COLUMNS = 3


@dataclass(frozen=True)
class Process:
    """One running process; zombies are not included."""

    pid: int
    uid: int
    command: str
    """Arguments of the process joined by spaces, or the title that it has set."""


def find_postmaster(cluster: Path, uid: int) -> int | None:
    """Return the pid of the server in `cluster`'s pid file; None if it has ended or is an unrelated process."""
    pid = recorded_pid(cluster)
    process = _find(pid) if pid else None
    if process and process.uid == uid and "postgres" in process.command and _works_in(process, cluster):
        return process.pid
    return None


def find_children(cluster_name: str, uid: int) -> list[int]:
    """Return the pids of the server's helpers and connections, which have the cluster's name in their title."""
    title = f"postgres: {cluster_name}: "
    return [process.pid for process in _all() if process.uid == uid and process.command.startswith(title)]


def recorded_pid(cluster: Path) -> int | None:
    """Read the pid file; return None if it is missing or damaged.

    A single-user server writes its pid as a negative number; the absolute value is returned.
    """
    try:
        with (cluster / "postmaster.pid").open(encoding="utf-8", errors="replace") as file:
            return abs(int(file.readline()))
    except (OSError, ValueError):
        return None


def _works_in(process: Process, cluster: Path) -> bool:
    try:
        return (_PROC / str(process.pid) / "cwd").samefile(cluster)
    except OSError:
        # No /proc (macOS), or a container's root without CAP_SYS_PTRACE: `_launch` passes this argument.
        return f"-D {cluster}" in process.command


def _find(pid: int) -> Process | None:
    if _has_proc():
        return _from_proc(pid)
    return next((process for process in _from_ps() if process.pid == pid), None)


def _all() -> Iterator[Process]:
    if not _has_proc():
        yield from _from_ps()
        return
    for entry in _PROC.iterdir():
        process = _from_proc(int(entry.name)) if entry.name.isdigit() else None
        if process:
            yield process


def _has_proc() -> bool:
    return (_PROC / "self" / "cmdline").exists()


def _from_proc(pid: int) -> Process | None:
    folder = _PROC / str(pid)
    try:
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").strip()
        uid = _UID.search((folder / "status").read_bytes())
    except OSError:
        return None
    return Process(pid, int(uid[1]), os.fsdecode(command)) if command and uid else None


def _from_ps() -> Iterator[Process]:
    listing = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,uid=,command="],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_PS_TIMEOUT_S,
        check=False,
    )
    for line in listing.stdout.splitlines():
        columns = line.split(None, _PS_COLUMNS - 1)
        if len(columns) == _PS_COLUMNS:
            yield Process(int(columns[0]), int(columns[1]), columns[2])
