"""The subnet vector: a TCP connect scan over all hosts and ports, and identification of what is open, overlapping.

Phase 1 connects without waiting for one host before the next. How long it waits for an answer adapts to the answers:
a local network answers within a millisecond, and hosts that drop packets must not cost a second a port. Phase 2
identifies each open port as soon as it is found.
"""

import asyncio
import errno
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from agentsentinel_cli.discover.model import DiscoveredAgent, SubnetStats
from agentsentinel_cli.discover.probes import CONNECTIONS, Identification, Server
from agentsentinel_cli.discover.subnet_range import Network, count_hosts, hosts_of

MOST_IN_FLIGHT = 512
_MOST_IDENTIFIED = 16
"""Hosts that are identified at the same time; with their connections, a quarter of those in flight."""
_SPARE_DESCRIPTORS = 32
"""File descriptors left to the rest of the program."""
_WINDOWS_IN_FLIGHT = 400
"""`select` on Windows waits for 512 sockets at most."""
FIRST_TIMEOUT = 0.3
LEAST_TIMEOUT, MOST_TIMEOUT = 0.15, 1.0
"""Seconds. The least outlasts a pause of the scanned host; the most is when a lost packet would be sent again."""
_GAIN = 0.125
_MARGIN = 4
"""Weights by which TCP estimates when to send again: the smoothed round trip and four deviations (RFC 6298)."""
_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, getattr(errno, "WSAEWOULDBLOCK", -1)})


class AnswerTime:
    """Estimates how long to wait for an answer, from the answers so far."""

    def __init__(self) -> None:
        self._mean: float | None = None
        self._deviation = 0.0

    @property
    def timeout(self) -> float:
        """Seconds to wait for the next answer."""
        if self._mean is None:
            return FIRST_TIMEOUT
        return min(MOST_TIMEOUT, max(LEAST_TIMEOUT, self._mean + _MARGIN * self._deviation))

    def take(self, seconds: float) -> None:
        """Learn from an answer, be it a connection or a refusal."""
        if self._mean is None:
            self._mean, self._deviation = seconds, seconds / 2
            return
        self._deviation += 2 * _GAIN * (abs(seconds - self._mean) - self._deviation)
        self._mean += _GAIN * (seconds - self._mean)


class Limits(NamedTuple):
    """How much happens at the same time."""

    connects: int
    """Connections of phase 1."""
    hosts: int
    """Hosts of phase 2, each with `CONNECTIONS` connections at most."""


def limits(descriptors: int | None = None) -> Limits:
    """Return how much may be in flight, 512 connections at most and fewer than the process may have files open."""
    free = (_descriptors() if descriptors is None else descriptors) - _SPARE_DESCRIPTORS
    all_at_once = max(CONNECTIONS * 2, min(MOST_IN_FLIGHT, free))
    hosts = max(1, min(_MOST_IDENTIFIED, all_at_once // (2 * CONNECTIONS)))
    return Limits(all_at_once - hosts * CONNECTIONS, hosts)


def _descriptors() -> int:
    if sys.platform == "win32":
        return _WINDOWS_IN_FLIGHT + _SPARE_DESCRIPTORS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_IN_FLIGHT * 2 if soft == resource.RLIM_INFINITY else soft


class SubnetScan:
    """One scan of a range.

    Args:
        found: called with each agent as soon as it is confirmed.
        tell: called with the number of connections tried, and that of all.
        identification: shared with other vectors that may find the same servers.
    """

    def __init__(
        self,
        network: Network,
        ports: Sequence[int],
        found: Callable[[DiscoveredAgent], None],
        tell: Callable[[int, int], None] = lambda done, count: None,
        identification: Identification | None = None,
    ) -> None:
        self._network = network
        self._ports = tuple(ports)
        self._found = found
        self._tell = tell
        self._identification = identification or Identification()
        self._limits = limits()
        self._answers = AnswerTime()
        self._open: asyncio.Queue[tuple[str, int] | None] = asyncio.Queue()
        self._started = time.monotonic()
        self._ended: float | None = None
        self._open_count = 0
        self._done = 0
        self._count = count_hosts(network) * len(self._ports)

    @property
    def stats(self) -> SubnetStats:
        """Figures of the scan so far."""
        seconds = (self._ended or time.monotonic()) - self._started
        return SubnetStats(str(self._network), count_hosts(self._network), self._open_count, seconds)

    async def run(self) -> None:
        """Scan the range. Cancelled, it keeps what it has found."""
        self._started = time.monotonic()
        # Port by port, so that the connections in flight are spread over hosts, and a slow one gets few at a time.
        pairs = ((host, port) for port in self._ports for host in hosts_of(self._network))
        identifying = [asyncio.ensure_future(self._identify()) for _ in range(self._limits.hosts)]
        try:
            await asyncio.gather(*(self._connect(pairs) for _ in range(min(self._limits.connects, self._count))))
            for _ in identifying:
                self._open.put_nowait(None)
            await asyncio.gather(*identifying)
        finally:
            for task in identifying:
                task.cancel()
            await asyncio.gather(*identifying, return_exceptions=True)
            self._ended = time.monotonic()
            self._tell(self._count, self._count)

    async def _connect(self, pairs: Iterable[tuple[str, int]]) -> None:
        for host, port in pairs:
            if await is_open(host, port, self._answers):
                self._open_count += 1
                self._open.put_nowait((host, port))
            self._done += 1
            if not self._done % 64:
                self._tell(self._done, self._count)
            # Connections that are refused at once never wait, and would keep phase 2 from its turn.
            await asyncio.sleep(0)

    async def _identify(self) -> None:
        while (place := await self._open.get()) is not None:
            agent = await self._identification.identify(Server(*place, source="subnet"))
            if agent is not None:
                self._found(agent)


async def is_open(host: str, port: int, answers: AnswerTime) -> bool:
    """Whether a port accepts connections; the connection is closed at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    started = time.monotonic()
    try:
        connection = socket.socket(family, socket.SOCK_STREAM)
    except OSError:  # no IPv6 here, or no descriptor left
        return False
    with connection:
        connection.setblocking(False)
        code = connection.connect_ex((host, port))
        if code in _UNDER_WAY:
            # A host nearby has refused by now, which saves the loop a turn for nearly every port.
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            if not await _writable(connection, answers.timeout):
                return False
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code in (0, errno.ECONNREFUSED):
            answers.take(time.monotonic() - started)
        return code == 0


async def _writable(connection: socket.socket, seconds: float) -> bool:
    """Wait until a connection is made or refused; return False when neither happens in time."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bool] = loop.create_future()
    timer = loop.call_later(seconds, _settle, answered, False)
    loop.add_writer(connection, _settle, answered, True)
    try:
        return await answered
    finally:
        loop.remove_writer(connection)
        timer.cancel()


def _settle(answered: "asyncio.Future[bool]", value: bool) -> None:
    if not answered.done():
        answered.set_result(value)
