"""Imports the modules of a command once, and forks itself for each start of that command: see `warm_start`.

Run as `warm_process.py SOCKET COMMAND MODULE...`, where SOCKET is an open descriptor. It ends with its other side.
"""

import gc
import io
import json
import os
import runpy
import signal
import socket
import sys
from importlib import import_module
from typing import Any

MOST_BYTES = 1024 * 1024
STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def next_start(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Answer requests: in the parent until the end (None); in a child, return what it is to become."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, MOST_BYTES, len(STREAMS))
        if not request:
            return None
        order = json.loads(request)
        if "ended" in order:
            _, status = os.waitpid(order["ended"], 0)
            channel.send(str(status).encode())
            continue
        pid = os.fork()
        if pid == 0:
            channel.close()
            return order, descriptors
        channel.send(str(pid).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def take_over(order: dict[str, Any], descriptors: list[int]) -> None:
    """Become the process that the caller asked for: its session, folder, environment, arguments and streams."""
    if order["start_new_session"]:
        os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.closerange(len(STREAMS), 1024)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = order["arguments"]
    for number, (name, mode) in enumerate(STREAMS):
        old = getattr(sys, name)
        is_unbuffered = mode == "w" and bool(os.environ.get("PYTHONUNBUFFERED"))
        stream = io.TextIOWrapper(
            open(number, f"{mode}b", 0 if is_unbuffered else -1, closefd=False),  # noqa: SIM115 (until the end)
            old.encoding,
            old.errors,
            line_buffering=number == 2 or os.isatty(number),
            write_through=is_unbuffered,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


if __name__ == "__main__":
    number, command, *modules = sys.argv[1:]
    sys.path[0] = os.path.dirname(command)
    for module in modules:
        import_module(module)
    gc.freeze()  # its pages stay shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those that it has started
    start = next_start(socket.socket(fileno=int(number)))
    if start is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        take_over(*start)
        runpy.run_path(command, run_name="__main__")
