"""HTTP/1.1 itself: what is malformed or too long is refused, and a slow client is cut without affecting others."""

import asyncio
import json
import re
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from agentsentinel.wire import protocol
from agentsentinel.wire.protocol import HttpProtocol
from patience import PATIENCE_SECONDS
from ports import free_port
from server.memory import MIB, resident_kib
from server.support import Server, converse, new_database, running

# What no HTTP client would send: raw bytes on a socket.


def statuses(answer: bytes) -> list[int]:
    """Return the status of every response in the answer."""
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def names(server: Server, name: str) -> int:
    return len(server.api.get("agents", params={"name": name}).json())


SMUGGLED = "smuggled-agent"


def smuggled(server: Server) -> bytes:
    body = json.dumps({"name": SMUGGLED})
    return (
        f"POST /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.admin_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def test_a_request_with_two_lengths_cannot_hide_another(server: Server) -> None:
    inner = smuggled(server)
    post = b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    size = b"%d" % len(inner)
    hiding = [
        post + b"Content-Length: " + size + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\nContent-Length: " + size + b"\r\n\r\n0\r\n\r\n" + inner,
        post + b"Content-Length: 0\r\nContent-Length: " + size + b"\r\n\r\n" + inner,
        post + b"Content-Length: " + size + b"\r\nContent-Length: 0\r\n\r\n" + inner,
        post + b"Content-Length: 0, " + size + b"\r\n\r\n" + inner,
        post + b"Content-Length: +0\r\n\r\n" + inner,
        post + b"Content-Length: -1\r\n\r\n" + inner,
        post + b"Content-Length : 0\r\n\r\n" + inner,
        post + b"Content-Length: 0x0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxx0\r\n\r\n" + inner,
        post + b"Transfer-Encoding: chunked\r\n\r\n0\n\n" + inner,
        post + b"X: y\r\n\tTransfer-Encoding: chunked\r\nContent-Length: " + size + b"\r\n\r\n" + inner,
    ]
    for request in hiding:
        answer = converse(server.address, request, quiet_seconds=0.3)
        assert all(status in {400, 401, 413, 415} for status in statuses(answer)), (request[:200], answer)
        assert names(server, SMUGGLED) == 0, request[:200]


def test_a_request_that_is_none_is_refused(server: Server) -> None:
    key = server.admin_key.encode()
    requests = [
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /health HTTP/1.1\r\nX-API-Key: a\x00b\r\n\r\n",
        b"GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + b"\x00\r\n\r\n",
        b"GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-API-Key : " + key + b"\r\n\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
        b"CONNECT /health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
        b"\x00" * 1000,
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n",
    ]
    for request in requests:
        answer = converse(server.address, request, quiet_seconds=0.3)
        assert all(400 <= status < 500 for status in statuses(answer)), (request, answer)
        assert len(answer) < 64 * 1024
        assert b"Traceback" not in answer
    assert server.is_healthy()


def test_an_address_in_absolute_form_is_no_way_round_the_key(server: Server) -> None:
    for target in (b"http://x/api/v1/agents", b"http://127.0.0.1:22/api/v1/agents", b"https://evil.example/health"):
        answer = converse(server.address, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert statuses(answer)[0] in {200, 400, 401, 404}
        assert b"trust_score" not in answer


def test_another_protocol_is_not_spoken(server: Server) -> None:
    for upgrade in (
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n",
    ):
        for path in (b"/health", b"/api/v1/events/stream"):
            answer = converse(
                server.address, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n", quiet_seconds=0.3
            )
            assert all(status in {200, 400, 401, 426} for status in statuses(answer)), answer
    assert server.is_healthy()


def test_a_long_header_or_address_is_answered_or_refused(server: Server) -> None:
    long = b"a" * (128 * 1024)
    for request in (
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + long + b"\r\nConnection: close\r\n\r\n",
        b"GET /health?" + long + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /" + long + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-Many: y\r\n" * 20_000 + b"Connection: close\r\n\r\n",
    ):
        answer = converse(server.address, request)
        assert all(status in {200, 400, 414, 431} for status in statuses(answer)), answer[:200]
    assert server.is_healthy()


@pytest.mark.parametrize("endless", [b"a", b"a\r\nX-More: "])
def test_headers_that_do_not_end_are_cut_off(server: Server, endless: bytes) -> None:
    before = resident_kib(server.process.pid)
    piece = endless * (MIB // len(endless))
    with socket.create_connection(server.address, timeout=PATIENCE_SECONDS) as connection:
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, whichever comes first
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nX-More: " + piece * 64)
        assert resident_kib(server.process.pid) - before < 50 * 1024
    assert server.is_healthy()


def test_300_idle_connections_keep_nobody_out(server: Server) -> None:
    files = Path(f"/proc/{server.process.pid}/fd")
    before = len(list(files.iterdir()))
    with ExitStack() as idle:
        for number in range(300):
            connection = idle.enter_context(socket.create_connection(server.address, timeout=PATIENCE_SECONDS))
            connection.sendall(b"" if number % 2 else b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\n")
        assert server.is_healthy()
        assert server.api.get("agents").status_code == 200
        agent = server.new_agent()
        assert server.report(agent)["anomaly_score"] == 0.9
    for _ in range(100):
        if len(list(files.iterdir())) <= before + 20:
            return
        assert server.is_healthy()
    raise AssertionError("closed connections are kept")


HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "MESSAGE_SECONDS", 0.8)
    monkeypatch.setattr(protocol, "WATCH_SECONDS", 0.1)


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, wait for a second, and answer: an ASGI application."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(1.0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    port = free_port()
    config = uvicorn.Config(read_all, port=port, http=HttpProtocol, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # uvicorn offers nothing to wait for
    yield port
    server.should_exit = True
    await task


async def talk(*parts: bytes, pause: float = 0.1) -> tuple[bytes, float]:
    """Send these parts slowly; returns the answer and after how many seconds the connection ended or answered."""
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.monotonic()
        sending = asyncio.create_task(_drip(writer, parts, pause))
        try:
            answer = await asyncio.wait_for(reader.read(1024), timeout=10)
        except ConnectionError:
            answer = b""
        sending.cancel()
        writer.close()
        return answer, time.monotonic() - started


async def _drip(writer: asyncio.StreamWriter, parts: tuple[bytes, ...], pause: float) -> None:
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause)


@pytest.mark.parametrize(
    "parts",
    [(), (b"POST /", *[b"x"] * 100), (HEAD, *(b"X-%d: y\r\n" % n for n in range(100)))],
    ids=["says nothing", "never ends its request line", "never ends its headers"],
)
def test_a_client_whose_headers_do_not_come_is_cut_off(parts: tuple[bytes, ...]) -> None:
    answer, seconds = asyncio.run(talk(*parts))
    assert b"200 OK" not in answer
    assert seconds > 0.25


def test_a_client_whose_body_does_not_come_is_cut_off() -> None:
    answer, seconds = asyncio.run(talk(HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 50))
    assert b"200 OK" not in answer
    assert seconds > 0.7


def test_a_request_that_is_there_may_take_us_as_long_as_it_takes() -> None:
    answer, _ = asyncio.run(talk(HEAD + b"Content-Length: 2\r\n\r\nhi"))
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_client_that_is_still_sending_when_the_server_stops_leaves_no_traceback(
    postgres_dsn: str, folder: Path
) -> None:
    with running(new_database(postgres_dsn), folder) as server:
        head = (
            f"POST /api/v1/agents HTTP/1.1\r\nHost: x\r\nX-API-Key: {server.admin_key}\r\n"
            "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        )
        with socket.create_connection(server.address, timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(head.encode())
            time.sleep(0.5)
            server.stop()
        log = server.log.read_text()
    assert "Traceback" not in log, log


def test_the_server_may_have_as_many_connections_as_the_system_allows(postgres_dsn: str, folder: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with running(new_database(postgres_dsn), folder) as server:
            limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = re.search(r"Max open files\s+(\d+)\s+(\d+)", limits)
    assert found is not None
    assert found[1] == found[2]
