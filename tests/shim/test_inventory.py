"""The list at the start: all pages of either era, or a reason; never without being asked for at an address."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.inventory import CannotList, take_inventory_at
from shim.support import http_greeter, shim

JSON = "application/json"
EVENTS = "text/event-stream"
TOOLS = ["greet", "repeat", "fail", "wait", "end"]


class Asked(NamedTuple):
    """A request that a server got."""

    verb: str
    message: dict[str, Any]
    headers: dict[str, str]


Reply = Callable[[Asked], tuple[int, str, bytes]]


@contextmanager
def server(reply: Reply) -> Iterator[tuple[str, list[Asked]]]:
    """Run an HTTP server; gives its address and what it is asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append(Asked(self.command, json.loads(body) if body else {}, headers))
            status, kind, content = reply(asked[-1])
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("mcp-session-id", "s1")
            self.end_headers()
            self.wfile.write(content)

        do_DELETE = do_POST  # noqa: N815 - the name that the library asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}/mcp", asked
        running.shutdown()


def result(asked: Asked, value: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": asked.message.get("id"), "result": value}).encode()


def error(asked: Asked) -> bytes:
    problem = {"code": -32601, "message": "Method not found"}
    return json.dumps({"jsonrpc": "2.0", "id": asked.message.get("id"), "error": problem}).encode()


def page(asked: Asked) -> dict[str, Any]:
    """Return one tool of three, and where the next is."""
    number = int(asked.message["params"].get("cursor", 0))
    more = {"nextCursor": str(number + 1)} if number < 2 else {}
    return {"tools": [{"name": f"t{number}"}], **more}


def test_all_pages_are_listed_in_a_session_that_is_ended_again() -> None:
    def reply(asked: Asked) -> tuple[int, str, bytes]:
        if asked.message.get("method") == "initialize":
            return 200, JSON, result(asked, {"protocolVersion": "2025-06-18"})
        if asked.message.get("method") == "tools/list":
            return 200, EVENTS, b"event: message\ndata: " + result(asked, page(asked)) + b"\n\n"
        return 202, JSON, b""

    with server(reply) as (url, asked):
        assert asyncio.run(take_inventory_at(url)).tools == ["t0", "t1", "t2"]
    assert [(one.verb, one.message.get("method")) for one in asked] == [
        ("POST", "initialize"),
        ("POST", "notifications/initialized"),
        *[("POST", "tools/list")] * 3,
        ("DELETE", None),
    ]
    assert {one.headers.get("mcp-session-id") for one in asked[1:]} == {"s1"}
    assert {one.headers.get("mcp-protocol-version") for one in asked[1:]} == {"2025-06-18"}


def test_a_server_without_sessions_is_asked_as_since_2026_07_28() -> None:
    def reply(asked: Asked) -> tuple[int, str, bytes]:
        if asked.headers.get("mcp-protocol-version") != "2026-07-28":
            return 404, JSON, error(asked)
        return 200, JSON, result(asked, page(asked))

    with server(reply) as (url, asked):
        assert asyncio.run(take_inventory_at(url)).tools == ["t0", "t1", "t2"]
    assert {one.headers.get("mcp-method") for one in asked[1:] if one.verb == "POST"} == {"tools/list"}


@pytest.mark.parametrize(
    ("status", "kind", "content", "sentence"),
    [
        (401, JSON, b"{}", "wants credentials"),
        (403, "text/plain", b"no", "wants credentials"),
        (404, "text/html", b"<html>", r"\(HTTP 404\).*is its URL right"),
        (200, JSON, b"{", "is its URL right"),
        (200, EVENTS, b"data: {}\n\n", "is its URL right"),
        (307, "text/plain", b"", r"HTTP 307"),
        (200, JSON, b'{"jsonrpc":"2.0","id":99,"result":{}}', "is its URL right"),
    ],
)
def test_a_server_that_does_not_list_is_said_with_the_reason(
    status: int, kind: str, content: bytes, sentence: str
) -> None:
    with server(lambda _: (status, kind, content)) as (url, _), pytest.raises(CannotList, match=sentence):
        asyncio.run(take_inventory_at(url))


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(CannotList, match=r"cannot be reached \(ConnectError\)"):
        asyncio.run(take_inventory_at("http://127.0.0.1:9/mcp"))


@pytest.mark.parametrize("line", ["1", "2"])
def test_with_the_flag_grants_are_there_before_a_client_comes(line: str, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with (
        sentinel.serve() as url,
        http_greeter(line) as direct,
        shim(["--upstream-url", direct, "--inventory"], url, tmp_path / "output"),
    ):
        assert [grant["tool_name"] for grant in sentinel.grants] == TOOLS
    said = (tmp_path / "output").read_text()
    assert f"proxying 5 tools: {TOOLS}" in said
    assert "Added 5 tool grants" in said


@pytest.mark.parametrize(("flags", "is_asked"), [([], False), (["--inventory"], True)])
def test_a_server_is_asked_with_the_flag_only_and_what_it_does_not_say_stops_nothing(
    flags: list[str], is_asked: bool, tmp_path: Path
) -> None:
    with (
        FakeSentinel().serve() as url,
        server(lambda _: (401, JSON, b"{}")) as (upstream, asked),
        shim(["--upstream-url", upstream, *flags], url, tmp_path / "output"),
    ):
        assert bool(asked) is is_asked
    said = [line for line in (tmp_path / "output").read_text().splitlines() if "No inventory" in line]
    assert len(said) == is_asked
