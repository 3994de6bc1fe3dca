"""The connect scan of a range of loopback addresses, and identification beside it."""

import asyncio
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agentsentinel_cli.discover import subnet
from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.discover.probes import CONNECTIONS
from agentsentinel_cli.discover.subnet import AnswerTime, SubnetScan, is_open, limits
from agentsentinel_cli.discover.subnet_range import parse_subnet
from cli.discover.servers import PRODUCTS, answering, host
from ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")


def scanned(cidr: str, *ports: int) -> tuple[SubnetScan, list[DiscoveredAgent]]:
    agents: list[DiscoveredAgent] = []
    scan = SubnetScan(parse_subnet(cidr, is_forced=False), ports, agents.append)
    asyncio.run(scan.run())
    return scan, agents


@pytest.fixture
def port() -> int:
    return free_port("127.77.0.2")


def test_servers_of_a_range_are_found_with_their_addresses(port: int) -> None:
    products = ["openai", "vllm", "agentsentinel", "a2a"]
    with ExitStack() as stack:
        for number, product in enumerate(products, start=2):
            stack.enter_context(host(answering(PRODUCTS[product]), f"127.77.0.{number}", port))
        stack.enter_context(host(lambda connection: None, "127.77.0.9", port))
        scan, agents = scanned("127.77.0.0/24", port, port + 1 if port < 65_535 else 1)
    assert sorted(agent.location for agent in agents) == [f"127.77.0.{number}:{port}" for number in range(2, 6)]
    assert {agent.source for agent in agents} == {"subnet"}
    assert (scan.stats.hosts, scan.stats.open_ports) == (254, 5)
    assert scan.stats == scan.stats, "its time ended with the scan"


def test_a_range_of_ipv6_is_scanned() -> None:
    with host(answering(PRODUCTS["openai"]), "::1") as port:
        _, agents = scanned("::1/128", port)
    assert [agent.location for agent in agents] == [f"[::1]:{port}"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port on which no host of 127.0.0.0/8 answers: its backlog is full, so packets are dropped."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("0.0.0.0", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port


def test_hosts_that_never_answer_cost_one_time_out_for_all(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []
    writable = subnet._writable
    in_flight = 0

    async def counted(connection: socket.socket, seconds: float) -> bool:
        nonlocal in_flight
        in_flight += 1
        waits.append(in_flight)
        try:
            return await writable(connection, seconds)
        finally:
            in_flight -= 1

    monkeypatch.setattr(subnet, "_writable", counted)
    scan, agents = scanned("127.77.0.0/24", silent_port)
    assert (agents, scan.stats.open_ports, len(waits)) == ([], 0, 254)
    assert max(waits) == 254  # all at the same time


def test_a_slow_port_is_not_open(silent_port: int) -> None:
    assert asyncio.run(is_open("127.77.0.9", silent_port, AnswerTime())) is False


def test_an_open_and_a_closed_port_are_told_apart(port: int) -> None:
    answers = AnswerTime()
    assert asyncio.run(is_open("127.77.0.2", port, answers)) is False
    with host(lambda connection: None, "127.77.0.2", port):
        assert asyncio.run(is_open("127.77.0.2", port, answers)) is True
    assert answers.timeout < subnet.FIRST_TIMEOUT


@pytest.mark.parametrize("place", ["fe80::1", "255.255.255.255"])
def test_addresses_that_cannot_be_reached_are_closed(place: str) -> None:
    assert asyncio.run(is_open(place, 80, AnswerTime())) is False


@pytest.mark.parametrize("seconds", [0.0005, 0.05, 0.2])
def test_the_wait_follows_the_answers(seconds: float) -> None:
    answers = AnswerTime()
    for _ in range(100):
        answers.take(seconds)
    assert answers.timeout == pytest.approx(max(subnet.LEAST_TIMEOUT, seconds), abs=0.01)


def test_answers_that_vary_are_waited_for_longer() -> None:
    steady, varied = AnswerTime(), AnswerTime()
    for number in range(100):
        steady.take(0.2)
        varied.take(0.1 + 0.2 * (number % 2))
    assert varied.timeout > steady.timeout
    for _ in range(100):
        varied.take(30)
    assert varied.timeout == subnet.MOST_TIMEOUT


@pytest.mark.parametrize("descriptors", [10, 64, 256, 1024, 1_000_000])
def test_what_is_in_flight_stays_below_512_and_below_the_files_that_may_be_open(descriptors: int) -> None:
    found = limits(descriptors)
    in_flight = found.connects + found.hosts * CONNECTIONS
    assert found.connects >= 1
    assert in_flight <= 512
    assert in_flight <= max(16, descriptors - 32)


def test_a_scan_with_few_descriptors_finds_the_same(port: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with host(answering(PRODUCTS["openai"]), "127.77.0.200", port):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
            _, agents = scanned("127.77.0.0/24", port)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [agent.location for agent in agents] == [f"127.77.0.200:{port}"]


def test_an_open_port_is_identified_while_others_are_still_tried(port: int) -> None:
    """Ports that are refused at once must not keep the identification from its turn."""
    done_when_found: list[int] = []

    def found(agent: DiscoveredAgent) -> None:
        done_when_found.append(scan._done)

    with host(answering(PRODUCTS["agentsentinel"]), "127.77.0.1", port):
        scan = SubnetScan(parse_subnet("127.77.0.0/18", is_forced=False), (port,), found)
        asyncio.run(scan.run())
    assert 0 < done_when_found[0] < 16_382 * 0.9


def test_progress_ends_with_all(port: int) -> None:
    told: list[tuple[int, int]] = []
    scan = SubnetScan(
        parse_subnet("127.77.0.0/24", is_forced=False), (port,), lambda agent: None, lambda *at: told.append(at)
    )
    asyncio.run(scan.run())
    assert told[-1] == (254, 254)
    assert told == sorted(told)


def test_a_cancelled_scan_keeps_what_it_has_found(port: int, silent_port: int) -> None:
    agents: list[DiscoveredAgent] = []

    async def cancelled() -> None:
        found = asyncio.Event()

        def take(agent: DiscoveredAgent) -> None:
            agents.append(agent)
            found.set()

        scan = SubnetScan(parse_subnet("127.77.0.0/24", is_forced=False), (port, silent_port), take)
        running = asyncio.ensure_future(scan.run())
        await found.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with host(answering(PRODUCTS["openai"]), "127.77.0.2", port):
        asyncio.run(asyncio.wait_for(cancelled(), 30))
    assert [agent.location for agent in agents] == [f"127.77.0.2:{port}"]
