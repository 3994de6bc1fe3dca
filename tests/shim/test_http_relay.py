"""HTTP to HTTP: clients of both eras see what they see without the relay, and each call is reported once."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from forms import wide_after
from patience import PATIENCE_SECONDS
from shim.messages import random_messages
from shim.support import http_greeter, seen_by, shim, wait_for_events

CLIENTS = [("2", "auto"), ("2", "legacy"), ("2", "2026-07-28"), ("1", "streamable")]
PAYLOAD = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.fixture(scope="module")
def direct() -> Iterator[str]:
    """Run an MCP server; returns its address."""
    with http_greeter() as url:
        yield url


@pytest.fixture(scope="module")
def sentinel() -> FakeSentinel:
    """Return the server that the shim reports to."""
    return FakeSentinel()


@pytest.fixture(scope="module")
def relayed(direct: str, sentinel: FakeSentinel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the shim in front of that server; returns the shim's address."""
    output = tmp_path_factory.mktemp("shim") / "output"
    with sentinel.serve() as url, shim(["--upstream-url", direct], url, output) as (address, _):
        yield f"{address}/mcp"


@pytest.mark.parametrize(("line", "mode"), wide_after(1, CLIENTS))
def test_a_client_sees_what_it_sees_without_the_relay_and_each_call_is_one_event(
    line: str, mode: str, direct: str, relayed: str, sentinel: FakeSentinel
) -> None:
    before = len(sentinel.events)
    assert seen_by(line, mode, relayed) == seen_by(line, mode, direct)
    events = wait_for_events(sentinel, before + 3)[before:]
    assert [(event["tool_name"], event["status"]) for event in events] == [
        ("greet", "ok"),
        ("fail", "error"),
        ("repeat", "ok"),
    ]
    assert {event["channel"] for event in events} == {"shim"}
    assert len({event["session_id"] for event in events}) == 1


def test_the_tools_are_granted_and_the_connection_is_stated(relayed: str, direct: str, sentinel: FakeSentinel) -> None:
    seen_by("2", "legacy", relayed)
    wait_for_events(sentinel, 3)
    assert [grant["tool_name"] for grant in sentinel.grants] == ["greet", "repeat", "fail", "wait", "end"]
    assert [(connection["server_name"], connection["server_url"]) for connection in sentinel.connections] == [
        ("greeter", direct)
    ]


def headers_of(response: httpx2.Response) -> dict[str, str]:
    """Return the headers that do not differ between two requests by themselves."""
    return {name: value for name, value in response.headers.items() if name not in ("date", "mcp-session-id")}


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "GET", "headers": {"accept": "text/event-stream"}},
        {"method": "DELETE", "headers": {"mcp-session-id": "unknown"}},
        {"method": "PUT", "content": b"x"},
        {"method": "POST", "content": b"{"},
        {"method": "POST", "json": PAYLOAD},
        {"method": "POST", "json": PAYLOAD, "headers": {"accept": "application/json, text/event-stream"}},
        {"method": "POST", "json": {**PAYLOAD, "method": "no/such"}, "headers": {"mcp-protocol-version": "2026-07-28"}},
    ],
    ids=["stream", "unknown session", "unknown method", "half", "wrong accept", "no session", "modern"],
)
def test_refusals_of_the_server_pass_byte_for_byte(request_: dict[str, Any], direct: str, relayed: str) -> None:
    with httpx2.Client() as client:
        expected, actual = (client.request(url=url, **request_) for url in (direct, relayed))
    assert actual.status_code == expected.status_code
    assert actual.content == expected.content
    assert headers_of(actual) == headers_of(expected)


def test_the_same_ids_in_many_sessions_never_mix(relayed: str) -> None:
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    accept = {"accept": "application/json, text/event-stream"}

    def ask(session: int) -> list[str]:
        with httpx2.Client(timeout=300, headers=accept) as client:
            hello = client.post(relayed, json={**PAYLOAD, "method": "initialize", "params": about})
            client.headers["mcp-session-id"] = hello.headers["mcp-session-id"]
            client.post(relayed, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
            calls = [{"name": "greet", "arguments": {"who": f"{session}-{id_}."}} for id_ in range(20)]
            requests = [
                {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": call} for id_, call in enumerate(calls)
            ]
            return [client.post(relayed, json=request).text for request in requests]

    with ThreadPoolExecutor(10) as pool:
        for session, answers in enumerate(pool.map(ask, range(10))):
            assert all(f"hello {session}-{id_}." in answer for id_, answer in enumerate(answers))


@pytest.mark.parametrize("value", ["  greet  ", "greet \t", "\t greet"], ids=["both", "after", "before"])
def test_spaces_around_a_header_are_not_part_of_it(value: str, relayed: str) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    params = {"name": "greet", "arguments": {"who": "Bob"}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    head = ["POST /mcp HTTP/1.1", f"host: {urlsplit(relayed).netloc}", "content-type: application/json"]
    head += ["accept: application/json, text/event-stream", "mcp-protocol-version: 2026-07-28"]
    head += ["mcp-method: tools/call", f"mcp-name:{value}", f"content-length: {len(body)}", "connection: close", "", ""]
    with socket.create_connection((urlsplit(relayed).hostname or "", urlsplit(relayed).port or 0)) as connection:
        connection.sendall("\r\n".join(head).encode() + body.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"hello Bob" in answer


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"host": "evil.example:8002"}, {"origin": "http://evil.example"}, {"origin": "null"}],
)
def test_a_foreign_page_gets_403_and_the_server_nothing(headers: dict[str, str], relayed: str) -> None:
    with httpx2.Client() as client:
        answer = client.post(relayed, json=PAYLOAD, headers=headers)
    assert answer.status_code == 403


def test_a_server_that_is_not_there_is_an_error_with_the_id_of_the_request(tmp_path: Path) -> None:
    with (
        FakeSentinel().serve() as url,
        shim(["--upstream-url", "http://127.0.0.1:9/mcp"], url, tmp_path / "output") as (address, _),
        httpx2.Client() as client,
    ):
        answer = client.post(f"{address}/mcp", json={**PAYLOAD, "id": "seven"})
    assert answer.status_code == 502
    assert answer.json()["id"] == "seven"
    assert "cannot be reached" in answer.json()["error"]["message"]


@contextmanager
def upstream_that_ends_in(answer: bytes, times: int = 1) -> Iterator[str]:
    """Answer requests with these bytes, and close the connection of each."""

    def serve() -> None:
        for _ in range(times):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        thread.join()


def test_a_server_that_ends_in_the_middle_of_a_stream_is_an_error_event(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    with (
        FakeSentinel().serve() as url,
        upstream_that_ends_in(head + b"7\r\ndata: {\r\n") as upstream,
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
        httpx2.Client() as client,
    ):
        text = client.post(f"{address}/mcp", json=PAYLOAD).text
    begun, error, end = text.split("\n\n")
    assert (begun, end) == ("data: {", "")
    assert json.loads(error.removeprefix("data: "))["id"] == 1
    assert "Traceback" not in (tmp_path / "output").read_text()


def test_a_server_that_ends_in_the_middle_of_a_result_cuts_the_connection_and_says_so(tmp_path: Path) -> None:
    begun = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"
    with (
        FakeSentinel().serve() as url,
        upstream_that_ends_in(begun) as upstream,
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
        httpx2.Client() as client,
        pytest.raises(httpx2.TransportError),
    ):
        client.post(f"{address}/mcp", json=PAYLOAD)
    lines = (tmp_path / "output").read_text()
    assert "ended in the middle of an answer" in lines
    assert "Traceback" not in lines


@contextmanager
def upstream_that_records(answers: Sequence[bytes], user: str = "") -> Iterator[tuple[str, list[bytes]]]:
    """Answer each request with the next of these, on one connection each; yields the address and the heads."""
    heads: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                heads.append(connection.recv(65536).partition(b"\r\n\r\n")[0])
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://{user}127.0.0.1:{listener.getsockname()[1]}/mcp", heads


def raw_answer(address: str, head: Sequence[bytes]) -> bytes:
    """Send a request of these header lines, and return the bytes of the answer."""
    parts = urlsplit(address)
    lines = [b"POST /mcp HTTP/1.1", b"host: 127.0.0.1:%d" % (parts.port or 0), *head, b"connection: close", b"", b""]
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(b"\r\n".join(lines))
        return b"".join(iter(lambda: connection.recv(65536), b""))


NOTHING = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def test_the_headers_of_a_request_pass_in_their_order_and_none_is_added(tmp_path: Path) -> None:
    lines = [b"x-twice: 1", b"cookie: a=b", b"x-twice: 2", b"x-name: Zo\xc3\xab", b"x-empty:", b"content-length: 0"]
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([NOTHING]) as (upstream, heads),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        raw_answer(address, lines)
    passed = [line.replace(b": ", b":") for line in heads[0].split(b"\r\n")[1:]]
    assert [line for line in passed if not line.startswith((b"host:", b"connection:"))] == [
        line.replace(b": ", b":") for line in lines
    ]
    assert [line for line in passed if line.startswith(b"host:")] == [b"host:" + urlsplit(upstream).netloc.encode()]


def test_a_header_that_is_not_text_is_refused_rather_than_changed(tmp_path: Path) -> None:
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([NOTHING]) as (upstream, heads),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        answer = raw_answer(address, [b"x-name: Zo\xeb", b"content-length: 0"])
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"UTF-8" in answer
        assert heads == []


def test_a_cookie_of_the_server_is_for_its_client_only(tmp_path: Path) -> None:
    cookie = NOTHING.replace(b"content-length", b"set-cookie: session=secret\r\ncontent-length")
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([cookie, NOTHING]) as (upstream, heads),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        assert b"set-cookie: session=secret" in raw_answer(address, [b"content-length: 0"])
        raw_answer(address, [b"content-length: 0"])
    assert b"secret" not in heads[1]


def test_a_redirect_passes_and_is_not_followed(tmp_path: Path) -> None:
    elsewhere = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n"
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([elsewhere]) as (upstream, heads),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        answer = raw_answer(address, [b"content-length: 0"])
    assert answer.startswith(b"HTTP/1.1 307")
    assert b"location: http://evil.example/" in answer
    assert len(heads) == 1


@pytest.mark.parametrize(
    "lines",
    [[b"x-long: " + b"a" * 40_000], [b"x-%d: 1" % number for number in range(400)]],
    ids=["a long one", "many"],
)
def test_large_headers_of_an_answer_pass(lines: list[bytes], tmp_path: Path) -> None:
    large = NOTHING.replace(b"content-length", b"\r\n".join(lines) + b"\r\ncontent-length")
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([large]) as (upstream, _),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        answer = raw_answer(address, [b"content-length: 0"])
    assert all(line in answer for line in lines)


def test_credentials_in_the_address_are_sent_for_requests_that_bring_none(tmp_path: Path) -> None:
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([NOTHING, NOTHING], user="ann:p%40ss@") as (upstream, heads),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        raw_answer(address, [b"content-length: 0"])
        raw_answer(address, [b"authorization: Bearer own", b"content-length: 0"])
    assert [[line for line in head.split(b"\r\n") if line.lower().startswith(b"authorization")] for head in heads] == [
        [b"authorization: Basic YW5uOnBAc3M="],
        [b"authorization: Bearer own"],
    ]


def test_a_client_that_leaves_before_its_request_is_whole_leaves_no_traceback(tmp_path: Path) -> None:
    with (
        FakeSentinel().serve() as url,
        upstream_that_records([b"", NOTHING]) as (upstream, heads),
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
    ):
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            connection.sendall(
                b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-length: 99\r\n\r\n{" % (parts.port or 0)
            )
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not heads and time.monotonic() < deadline:
                time.sleep(0.02)
        assert heads
        with httpx2.Client(timeout=PATIENCE_SECONDS) as client:  # the relay serves the next one
            assert client.post(f"{address}/mcp", json=PAYLOAD).status_code == 202
    assert "Traceback" not in (tmp_path / "output").read_text()


def test_a_server_that_wants_its_clients_to_sign_in_is_said_once_and_its_challenge_passes(tmp_path: Path) -> None:
    challenge = 'Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"'
    head = f"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: {challenge}\r\ncontent-length: 2\r\n\r\nno"
    with (
        FakeSentinel().serve() as url,
        upstream_that_ends_in(head.encode(), times=3) as upstream,
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
        httpx2.Client() as client,
    ):
        answers = [client.post(f"{address}/mcp", json=PAYLOAD) for _ in range(3)]
    assert {(answer.status_code, answer.headers["www-authenticate"], answer.text) for answer in answers} == {
        (401, challenge, "no")
    }
    assert (tmp_path / "output").read_text().count("sign in") == 1


class Scripted(BaseHTTPRequestHandler):
    """An upstream that notes each body, and answers with the bytes that stand in its place."""

    bodies: ClassVar[list[bytes]] = []
    answers: ClassVar[list[bytes]] = []
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        body = self.answers[len(self.bodies) - 1]
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def scripted(answers: Sequence[bytes]) -> Iterator[str]:
    """Run the scripted upstream; gives its address."""
    Scripted.bodies, Scripted.answers = [], list(answers)
    with ThreadingHTTPServer(("127.0.0.1", 0), Scripted) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/mcp"
        server.shutdown()
        thread.join()


def test_a_thousand_messages_hostile_ones_too_have_the_same_bytes_on_both_sides(tmp_path: Path) -> None:
    sent, answers = random_messages(1000), list(reversed(random_messages(1000)))
    sentinel = FakeSentinel()
    with (
        sentinel.serve() as url,
        scripted(answers) as upstream,
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, _),
        httpx2.Client(timeout=PATIENCE_SECONDS) as client,
    ):
        received = [client.post(f"{address}/mcp", content=body).content for body in sent]
        assert Scripted.bodies == sent
    assert received == answers
    reported = " ".join(one["detail"] for one in sentinel.observations)
    for kind in (
        "doubled-member",
        "look-alike-member",
        "byte-order-mark",
        "not-utf8",
        "second-message",
        "loose-number",
    ):
        assert f"client: {kind}" in reported
        assert f"server: {kind}" in reported


def test_large_results_take_no_memory(tmp_path: Path) -> None:
    large = b'{"jsonrpc":"2.0","id":1,"result":{"content":"' + b"x" * 50_000_000 + b'"}}'
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "big", "arguments": {}}}
    with (
        FakeSentinel().serve() as url,
        scripted([b"{}", *[large] * 3]) as upstream,
        shim(["--upstream-url", upstream], url, tmp_path / "output") as (address, process),
        httpx2.Client(timeout=PATIENCE_SECONDS) as client,
    ):
        client.post(f"{address}/mcp", json=ask)
        before = peak_memory(process.pid)
        for _ in range(3):
            assert client.post(f"{address}/mcp", json=ask).content == large
        assert peak_memory(process.pid) - before < len(large)


def peak_memory(pid: int) -> int:
    """Return the most bytes that a process has held so far."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
