"""Servers of this host."""

import asyncio
import os
import socket

import pytest

from agentsentinel_cli.discover.connections import Listener
from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.discover.network import LocalServer, find_servers, local_servers
from agentsentinel_cli.discover.ports import DEFAULT_PORTS
from agentsentinel_cli.discover.probes import Identification
from cli.discover.servers import PRODUCTS, answering, host


def places(*listeners: tuple[str, int], ports: tuple[int, ...] | None = None) -> list[tuple[tuple[str, ...], int]]:
    found = local_servers([Listener(address, port, 7) for address, port in listeners], ports)
    return [(server.hosts, server.port) for server in found if server.pid == 7]


@pytest.mark.parametrize(
    ("listeners", "expected"),
    [
        ([("127.0.0.1", 8123)], [(("127.0.0.1",), 8123)]),
        ([("0.0.0.0", 8123)], [(("127.0.0.1",), 8123)]),
        ([("::", 8123)], [(("127.0.0.1", "::1"), 8123)]),
        ([("::1", 8123)], [(("::1",), 8123)]),
        ([("0.0.0.0", 8123), ("::", 8123)], [(("127.0.0.1", "::1"), 8123)]),
        ([("10.0.0.5", 8123)], [(("10.0.0.5",), 8123)]),
        ([("10.0.0.5", 8123), ("10.0.0.6", 8123)], [(("10.0.0.5",), 8123), (("10.0.0.6",), 8123)]),
        ([("::ffff:10.0.0.5", 8123)], [(("10.0.0.5",), 8123)]),
    ],
)
def test_each_listening_socket_is_probed_once(
    listeners: list[tuple[str, int]], expected: list[tuple[tuple[str, ...], int]]
) -> None:
    assert places(*listeners) == expected


@pytest.mark.parametrize("port", [22, 5432, 6379])
def test_other_services_are_left_alone_unless_their_port_is_named(port: int) -> None:
    assert places(("127.0.0.1", port)) == []
    assert places(("127.0.0.1", port), ports=(port,)) == [(("127.0.0.1",), port)]


def test_named_ports_are_the_only_ones() -> None:
    assert places(("127.0.0.1", 8123), ("127.0.0.1", 8124), ports=(8124, 8125)) == [(("127.0.0.1",), 8124)]


def test_usual_ports_are_tried_where_the_system_lists_no_socket() -> None:
    servers = local_servers([], None)
    assert [server.port for server in servers] == list(DEFAULT_PORTS)
    assert servers[0] == LocalServer(("127.0.0.1", "::1"), DEFAULT_PORTS[0])


def test_the_own_sockets_are_not_probed() -> None:
    assert local_servers([Listener("127.0.0.1", 8123, os.getpid())], (8123,)) == []


def found(servers: list[LocalServer]) -> list[DiscoveredAgent]:
    agents: list[DiscoveredAgent] = []
    asyncio.run(find_servers(servers, agents.append, Identification()))
    return agents


def test_a_server_is_reported_with_its_process_as_soon_as_it_is_known() -> None:
    with host(answering(PRODUCTS["ollama"])) as port:
        (agent,) = found([LocalServer(("127.0.0.1", "::1"), port, 42)])
    assert (agent.pid, agent.source, agent.location) == (42, "network", f"127.0.0.1:{port}")


def test_the_second_address_is_tried_when_the_first_refuses() -> None:
    with host(answering(PRODUCTS["ollama"]), "::1") as port:
        (agent,) = found([LocalServer(("127.0.0.1", "::1"), port)])
    assert agent.location == f"[::1]:{port}"


def test_many_closed_ports_cost_few_descriptors() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert found([LocalServer(("127.0.0.1",), port)] * 500) == []
