"""Ports for the servers that tests start: no two tests that run at the same time get the same one.

A port that the kernel chooses is free only until another process asks for one, and a server takes a second to start.
These are chosen below the range that Linux uses for that, and each worker of pytest-xdist has some of its own.
"""

import itertools
import os
import socket
from contextlib import suppress

FIRST = 20_000
OF_EACH_WORKER = 1_500
WORKERS = 8


def _own_ports() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    start = FIRST + worker * OF_EACH_WORKER
    return range(start, start + OF_EACH_WORKER)


_next_ports = itertools.cycle(_own_ports())
# Another run of the tests at the same time begins elsewhere.
next(itertools.islice(_next_ports, os.getpid() % OF_EACH_WORKER, None))


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that no process listens on, and that no other test gets for a long time."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in itertools.islice(_next_ports, OF_EACH_WORKER):
        with socket.socket(family) as probe, suppress(OSError):
            probe.bind((host, port))
            return port
    raise AssertionError("every port is taken")
