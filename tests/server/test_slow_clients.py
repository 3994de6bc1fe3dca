"""A slow client does not affect other clients: its connection is cut."""

import asyncio
import re
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from agentsentinel.commands import http_protocol
from agentsentinel.commands.http_protocol import HttpProtocol
from server.support import free_port, new_database, running

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(http_protocol, "MESSAGE_SECONDS", 0.8)
    monkeypatch.setattr(http_protocol, "WATCH_SECONDS", 0.1)


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
        with socket.create_connection(server.address, timeout=30) as connection:
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
