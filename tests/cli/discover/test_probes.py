"""What is behind an address: documented products, decoys, and hosts that misbehave."""

import asyncio
import gzip
import socket
import struct
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest

from agentsentinel_cli.discover import http_client, probes
from agentsentinel_cli.discover.model import DiscoveredAgent, Kind
from agentsentinel_cli.discover.probes import Identification, Server, identify
from agentsentinel_cli.discover.risk import assessed
from cli.discover.servers import DECOYS, PRODUCTS, Talk, answering, certificate, host, over_tls, read_head
from server.support import new_database, running

EXPECTED = {
    "agentsentinel": (Kind.PLATFORM, "AgentSentinel", "LOW", None),
    "openai": (Kind.MODEL_API, "OpenAI-compatible", "MEDIUM", "llama3.2:latest"),
    "ollama": (Kind.MODEL_API, "OpenAI-compatible", "MEDIUM", "llama3.2:latest"),
    "vllm": (Kind.MODEL_API, "OpenAI-compatible", "MEDIUM", "acme/m-7b"),
    "vllm with a key": (Kind.MODEL_API, "OpenAI-compatible", "LOW", None),
    "litellm": (Kind.MODEL_API, "OpenAI-compatible", "LOW", None),
    "openai with a key": (Kind.MODEL_API, "OpenAI-compatible", "LOW", None),
    "a2a": (Kind.AGENT_API, "A2A Agent", "MEDIUM", None),
    "a2a before 0.3": (Kind.AGENT_API, "A2A Agent", "MEDIUM", None),
    "agents": (Kind.AGENT_API, "Agent API", "UNKNOWN", None),
}


def identified(port: int, address: str = "127.0.0.1") -> DiscoveredAgent | None:
    agent = asyncio.run(identify(Server(address, port)))
    return assessed(agent) if agent is not None else None


@pytest.mark.parametrize("product", PRODUCTS)
def test_each_documented_product_is_known_by_its_answers(product: str) -> None:
    with host(answering(PRODUCTS[product])) as port:
        agent = identified(port)
    assert agent is not None
    assert (agent.kind, agent.frameworks[0], agent.risk.value, agent.model) == EXPECTED[product]
    assert agent.location == f"127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("product", "evidence"), [("ollama", "Ollama 0.12.3"), ("vllm", "vLLM"), ("litellm", "LiteLLM")]
)
def test_the_evidence_names_the_product(product: str, evidence: str) -> None:
    with host(answering(PRODUCTS[product])) as port:
        agent = identified(port)
    assert agent is not None
    assert f"server: {evidence}" in agent.evidence


@pytest.mark.parametrize("decoy", DECOYS)
def test_no_decoy_is_reported(decoy: str) -> None:
    with host(answering(DECOYS[decoy])) as port:
        assert identified(port) is None


def test_a_server_of_ipv6_is_named_with_brackets() -> None:
    with host(answering(PRODUCTS["openai"]), "::1") as port:
        agent = identified(port, "::1")
    assert agent is not None
    assert (agent.name, agent.url) == (f"llm-api@[::1]:{port}", f"http://[::1]:{port}")


def test_a_real_platform_is_known(postgres_dsn: str, tmp_path: Path) -> None:
    with running(new_database(postgres_dsn), tmp_path) as server:
        agent = identified(int(server.url.rpartition(":")[2]))
    assert agent is not None
    assert (agent.kind, agent.name) == (Kind.PLATFORM, f"agentsentinel@{server.url.removeprefix('http://')}")
    assert agent.next_step == f"sentinel scan --connect {server.url}"


@pytest.mark.parametrize(("name", "year"), [("localhost", 2099), ("wrong.example", 2099), ("localhost", 2020)])
def test_tls_is_spoken_whatever_the_certificate(tmp_path: Path, name: str, year: int) -> None:
    with host(over_tls(answering(PRODUCTS["openai"]), certificate(tmp_path, name, year))) as port:
        agent = identified(port)
    assert agent is not None
    assert agent.url == f"https://127.0.0.1:{port}"


def test_plain_http_on_a_port_of_tls_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with host(answering(PRODUCTS["openai"])) as port:
        monkeypatch.setattr(probes, "TLS_PORTS", frozenset({port}))
        agent = identified(port)
    assert agent is not None
    assert agent.url == f"http://127.0.0.1:{port}"


def test_no_credential_is_ever_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret-of-netrc\n")
    for variable in ("OPENAI_API_KEY", "AGENTSENTINEL_API_KEY"):
        monkeypatch.setenv(variable, "secret-of-environment")
    seen: list[tuple[str, str, dict[str, str]]] = []
    with host(answering(DECOYS["everything needs a login"], seen)) as port:
        identified(port)
    assert len(seen) > 5
    assert not any(name in ("authorization", "cookie", "x-api-key") for _, _, headers in seen for name in headers)
    assert "secret" not in repr(seen)


def test_a_tool_is_never_called_and_nothing_is_changed() -> None:
    seen: list[tuple[str, str, dict[str, str]]] = []
    with host(answering(DECOYS["web app"], seen)) as port:
        identified(port)
    assert {(method, path) for method, path, _ in seen if method != "GET"} == {("POST", "/mcp"), ("POST", "/")}


def _redirecting(place: str) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())

    return talk


def test_redirects_are_not_followed() -> None:
    seen: list[tuple[str, str, dict[str, str]]] = []
    with host(answering(PRODUCTS["openai"], seen)) as target:
        for place in (f"http://127.0.0.1:{target}/v1/models", "file:///etc/passwd", "/health"):
            with host(_redirecting(place)) as port:
                assert identified(port) is None
    assert seen == []


def _silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _one_byte_a_second(connection: socket.socket) -> None:
    read_head(connection)
    for byte in b"HTTP/1.1 200 OK\r\n":
        connection.sendall(bytes([byte]))
        time.sleep(1)


def _endless(head: bytes, piece: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return talk


def _saying(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(data)
        _silent(connection)

    return talk


def _after_request(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(data)

    return talk


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _json(body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more + b"\r\n" + body


_BOMB = gzip.compress(b" " * 10_000_000)
HOSTILE: dict[str, Talk] = {
    "accepts and says nothing": _silent,
    "one byte a second": _one_byte_a_second,
    "endless header": _endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 4096),
    "endless headers": _endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 500),
    "endless body": _endless(_json(b""), b"[" * 4096),
    "ten gigabytes": _endless(_json(b"", b"Content-Length: 10000000000\r\n"), b" " * 4096),
    "endless chunks": _endless(_json(b"", b"Transfer-Encoding: chunked\r\n"), b"5\r\n[[[[[\r\n" * 400),
    "gzip bomb": _after_request(_json(_BOMB, b"Content-Encoding: gzip\r\n")),
    "reset after accept": _reset,
    "closes at once": lambda connection: None,
    "HTTP/0.9": _after_request(b"<html>hello</html>"),
    "endless event stream": _endless(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b": keep-alive\n\n" * 100
    ),
    "event stream of one long event": _endless(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ", b"x" * 4096
    ),
    "JSON nested 100,000 deep": _after_request(_json(b"[" * 100_000)),
    "banner of another protocol": _saying(b"SSH-2.0-\x1b[31mred\x1b]0;title\x07\r\n"),
    "status line of nonsense": _after_request(b"HTTP/1.1 \x1b[2J[bold]x[/bold] \xff\r\n\r\n"),
    "bad chunks": _after_request(_json(b"zz\r\n", b"Transfer-Encoding: chunked\r\n")),
    "both lengths": _after_request(_json(b"{}", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")),
    "informational answers without end": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
}


class _Counting(http_client.Budget):
    """A budget that remembers how much was read."""

    made: ClassVar[list["_Counting"]] = []

    def __init__(self, count: int = http_client.MOST_BYTES) -> None:
        super().__init__(count)
        self.made.append(self)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_host_is_no_agent_and_costs_64_kib_at_most(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _Counting.made.clear()
    monkeypatch.setattr(probes, "Budget", _Counting)
    with host(HOSTILE[name]) as port:
        assert asyncio.run(identify(Server("127.0.0.1", port), seconds=0.6)) is None
    (budget,) = _Counting.made
    assert 0 <= budget.left <= 64 * 1024


def test_each_host_is_given_up_after_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert probes.HOST_SECONDS == 3.0
    waited: list[float | None] = []
    wait_for = asyncio.wait_for

    def recorded(awaitable: object, timeout: float | None) -> object:
        waited.append(timeout)
        return wait_for(awaitable, 0.01)  # type: ignore[arg-type]

    monkeypatch.setattr(asyncio, "wait_for", recorded)
    with host(_silent) as port:
        assert asyncio.run(identify(Server("127.0.0.1", port))) is None
    assert waited == [3.0]


def test_a_host_that_answers_some_questions_and_hangs_on_others_is_identified() -> None:
    answers = answering(PRODUCTS["openai"])

    def talk(connection: socket.socket) -> None:
        head = connection.recv(65536, socket.MSG_PEEK)
        if head.startswith((b"GET /v1/models", b"GET /health", b"GET /api/version")):
            answers(connection)
        else:
            _silent(connection)

    with host(talk) as port:
        agent = asyncio.run(identify(Server("127.0.0.1", port), seconds=5.0))
    assert agent is not None
    assert agent.kind is Kind.MODEL_API


def test_a_server_of_another_plain_protocol_is_not_asked_for_tls() -> None:
    asked: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(b"-ERR wrong number of arguments for 'get' command\r\n")

    with host(talk) as port:
        assert asyncio.run(identify(Server("127.0.0.1", port))) is None
    assert [data[:11] for data in asked] == [b"GET /health"]


def test_five_questions_wait_for_one_host_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_TURN", 60.0)
    answers, lock = answering(PRODUCTS["openai"]), threading.Lock()
    waiting, most = 0, 0

    def talk(connection: socket.socket) -> None:
        nonlocal waiting, most
        with lock:
            waiting += 1
            most = max(most, waiting)
        time.sleep(0.02)
        with lock:
            waiting -= 1
        answers(connection)

    with host(talk) as port:
        agent = asyncio.run(identify(Server("127.0.0.1", port), seconds=60.0))
    assert agent is not None
    assert 1 < most <= 5


def test_an_address_that_two_vectors_find_is_asked_once_and_is_an_agent_of_both() -> None:
    seen: list[tuple[str, str, dict[str, str]]] = []

    async def ask(port: int) -> list[DiscoveredAgent | None]:
        identification = Identification()
        servers = [Server("127.0.0.1", port, "network", 7), Server("127.0.0.1", port, "subnet")]
        found = await asyncio.gather(*map(identification.identify, servers))
        return [*found, await identification.identify(servers[1])]

    with host(answering(PRODUCTS["openai"], seen)) as port:
        agents = asyncio.run(ask(port))
    assert [(agent.source, agent.pid) for agent in agents if agent] == [
        ("network", 7),
        ("subnet", None),
        ("subnet", None),
    ]
    assert [path for _, path, _ in seen].count("/health") == 1


def test_addresses_without_an_agent_are_not_remembered() -> None:
    identification = Identification()
    with host(lambda connection: None) as port:
        assert asyncio.run(identification.identify(Server("127.0.0.1", port))) is None
    assert not identification._asked


def test_a_full_backlog_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        assert asyncio.run(identify(Server(*listener.getsockname()), seconds=0.3)) is None


def test_a_name_with_terminal_escapes_stays_in_the_evidence_as_text() -> None:
    card = {"name": "\x1b[31mred\x1b[0m", "url": "http://x", "skills": []}
    with host(answering({"/.well-known/agent-card.json": (200, card)})) as port:
        agent = identified(port)
    assert agent is not None
    assert "\x1b" not in agent.name
