"""Bounded HTTP requests to hosts that may be hostile."""

import asyncio
import socket
import time

import pytest

from agentsentinel_cli.discover.http_client import MOST_BYTES, Address, Answer, Budget, NoAnswer, greet, request
from cli.discover.servers import Talk, answering, host, read_head


def asked(port: int, path: str = "/a", budget: Budget | None = None) -> Answer:
    return asyncio.run(request(Address("127.0.0.1", port), budget or Budget(), "GET", path))


def test_an_answer_has_status_headers_and_body() -> None:
    with host(answering({"/a": (201, {"x": 1})}, X_Name="v")) as port:
        answer = asked(port)
    assert (answer.status, answer.headers["x-name"], answer.json()) == (201, "v", {"x": 1})


def _with_body(body: bytes, kind: str = "application/json") -> Talk:
    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + body)

    return talk


def test_a_long_body_is_cut_at_the_budget() -> None:
    budget = Budget()
    with host(_with_body(b"1" * 10 * MOST_BYTES)) as port:
        answer = asked(port, budget=budget)
    assert 0 < len(answer.body) <= MOST_BYTES
    assert budget.left == 0


def test_requests_to_one_host_share_its_budget() -> None:
    budget = Budget()

    async def ask_all(port: int) -> None:
        questions = (request(Address("127.0.0.1", port), budget, "GET", "/") for _ in range(8))
        await asyncio.gather(*questions, return_exceptions=True)

    with host(_with_body(b"1" * MOST_BYTES)) as port:
        asyncio.run(ask_all(port))
    assert budget.left == 0


@pytest.mark.parametrize("kind", ["text/html", "image/png", "application/octet-stream"])
def test_pages_are_not_read(kind: str) -> None:
    budget = Budget()
    with host(_with_body(b"<" * 10 * MOST_BYTES, kind)) as port:
        assert asked(port, budget=budget).body == b""
    assert budget.left > MOST_BYTES // 2


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 60_000, b"\xff\xfe", b"NaN" * 2])
def test_a_body_that_is_not_json_is_none(body: bytes) -> None:
    with host(_with_body(body)) as port:
        assert asked(port).json() is None


def test_a_closed_port_has_no_answer() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer):
            asked(unused.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (Address("10.0.0.1", 80), "http://10.0.0.1:80"),
        (Address("::1", 8443, is_tls=True), "https://[::1]:8443"),
    ],
)
def test_an_address_is_the_beginning_of_a_url(address: Address, origin: str) -> None:
    assert address.origin == origin


def test_an_error_that_asks_for_tls_leads_to_tls() -> None:
    def talk(connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            return
        read_head(connection)
        connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")

    with host(talk) as port, pytest.raises(NoAnswer):
        asyncio.run(greet("127.0.0.1", port, Budget(), tls_first=False))


def test_a_server_that_is_slow_to_greet_is_still_spoken_to_in_its_way() -> None:
    """The other way is tried beside it, and fails."""
    plain = answering({})

    def talk(connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            return
        time.sleep(0.8)
        plain(connection)

    with host(talk) as port:
        address, answer = asyncio.run(greet("127.0.0.1", port, Budget(), tls_first=False))
    assert (address.is_tls, answer.status) == (False, 404)
