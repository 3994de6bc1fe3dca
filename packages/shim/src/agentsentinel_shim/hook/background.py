"""Starts a process in the background: detached from the hook that starts it, and from the client."""

from __future__ import annotations

import os
import sys


def start(module: str, *arguments: str) -> None:
    """Start `python -m MODULE ARGUMENTS`, with nothing open but the null device. Raises OSError."""
    command = [sys.executable, "-m", module, *arguments]
    if sys.platform == "win32":
        import subprocess

        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        nothing = subprocess.DEVNULL
        subprocess.Popen(  # noqa: S603 (our own interpreter)
            command, stdin=nothing, stdout=nothing, stderr=nothing, close_fds=True, creationflags=flags
        )
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nothing, stream) for stream in (0, 1, 2)]
    try:
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setsid=True)
    except NotImplementedError:  # no setsid there: the process calls it itself
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
    finally:
        os.close(nothing)
