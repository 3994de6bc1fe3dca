"""The network vector: servers of this host, on the sockets that the system lists and on the usual ports."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from agentsentinel_cli.discover.connections import Listener, plain_address
from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.discover.ports import DEFAULT_PORTS, OTHER_SERVICES
from agentsentinel_cli.discover.probes import Identification, Server

AT_A_TIME = 24
"""Hosts that are identified at the same time."""
_V4, _V6 = "127.0.0.1", "::1"
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


class LocalServer(NamedTuple):
    """A port of this host, with the addresses under which it may answer, the likeliest first."""

    hosts: tuple[str, ...]
    port: int
    pid: int | None = None


def local_servers(listeners: Iterable[Listener], ports: Sequence[int] | None) -> list[LocalServer]:
    """Return what to probe on this host.

    Args:
        listeners: the sockets that the system lists; where it lists none, the usual ports are tried.
        ports: the ports of `--ports`; None without the option.
    """
    grouped: dict[tuple[int, int | None, str], dict[str, None]] = {}
    listed = set()
    for listener in listeners:
        listed.add(listener.port)
        is_wanted = listener.port in ports if ports is not None else listener.port not in OTHER_SERVICES
        if is_wanted and listener.pid != os.getpid():
            address = plain_address(listener.address)
            hosts = {_WILDCARDS[0]: (_V4,), _WILDCARDS[1]: (_V4, _V6)}.get(address, (address,))
            place = "" if hosts[0] in (_V4, _V6) else address
            grouped.setdefault((listener.port, listener.pid, place), {}).update(dict.fromkeys(hosts))
    servers = [LocalServer(tuple(sorted(hosts)), port, pid) for (port, pid, _), hosts in grouped.items()]
    # Without rights, some systems list no sockets of others.
    unlisted = [port for port in (ports if ports is not None else DEFAULT_PORTS) if port not in listed]
    return servers + [LocalServer((_V4, _V6), port) for port in unlisted]


async def find_servers(
    servers: Iterable[LocalServer], found: Callable[[DiscoveredAgent], None], identification: Identification
) -> None:
    """Identify servers of this host, and report each agent as soon as it is confirmed."""
    turns = asyncio.Semaphore(AT_A_TIME)

    async def look(server: LocalServer) -> None:
        async with turns:
            for host in server.hosts:
                agent = await identification.identify(Server(host, server.port, "network", server.pid))
                if agent is not None:
                    found(agent)
                    return

    await asyncio.gather(*(look(server) for server in servers))
