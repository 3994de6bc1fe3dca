"""A stdio server over HTTP: each client sees what it sees over HTTP, in a process of its own, and no orphan stays."""

import asyncio
import concurrent.futures
import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.bridge import Bridge
from agentsentinel_shim.conversation import Conversation
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.sessions import SessionClock
from forms import wide_after
from shim.support import API_KEY, PROGRAMS, SENTINEL, greeter, http_greeter, seen_by, shim, wait_for_events

CLIENTS = [("2", "auto", "/mcp"), ("1", "sse", "/sse"), ("2", "legacy", "/mcp"), ("1", "streamable", "/mcp")]
ACCEPT = {"accept": "application/json, text/event-stream"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@pytest.fixture(scope="module")
def sentinel() -> FakeSentinel:
    """Return the server that the shim reports to."""
    return FakeSentinel()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the shim's lines."""
    return tmp_path_factory.mktemp("shim") / "output"


@pytest.fixture(scope="module")
def bridged(sentinel: FakeSentinel, output: Path) -> Iterator[str]:
    """Run the shim with a stdio server; returns its address without a path."""
    command = " ".join(greeter("2", "stdio"))
    with sentinel.serve() as url, shim(["--upstream-cmd", command], url, output) as (address, _):
        yield address


@pytest.mark.parametrize(("line", "mode", "path"), wide_after(2, CLIENTS))
def test_a_client_sees_what_it_sees_over_http_and_each_call_is_one_event(
    line: str, mode: str, path: str, bridged: str, sentinel: FakeSentinel
) -> None:
    before = len(sentinel.events)
    with http_greeter() as direct:
        expected = seen_by(line, mode if mode != "sse" else "streamable", direct)
    assert seen_by(line, mode, bridged + path) == expected
    events = wait_for_events(sentinel, before + 3)[before:]
    assert [(event["tool_name"], event["status"]) for event in events] == [
        ("greet", "ok"),
        ("fail", "error"),
        ("repeat", "ok"),
    ]


def test_the_tools_are_listed_and_granted_before_the_first_client_comes(
    bridged: str, sentinel: FakeSentinel, output: Path
) -> None:
    lines = output.read_text().splitlines()
    shown = [line for line in lines if line.startswith("[shim]") and "tool=" not in line]
    assert shown[0].startswith("[shim] Registered agent   : ")
    assert shown[1:] == [
        "[shim] upstream ready — proxying 5 tools: ['greet', 'repeat', 'fail', 'wait', 'end']",
        "[shim] Added 5 tool grants",
        f"[shim] Shim listening on  : {bridged}/sse",
        "[shim] ← Point your agent here instead of the real MCP server",
        f"[shim]   The SSE transport is deprecated; newer clients: {bridged}/mcp",
    ]
    assert [grant["tool_name"] for grant in sentinel.grants] == ["greet", "repeat", "fail", "wait", "end"]


def begin(client: httpx2.Client, address: str) -> dict[str, str]:
    """Begin a session; returns the headers of its requests."""
    answer = client.post(f"{address}/mcp", json=HELLO, headers=ACCEPT)
    assert answer.status_code == 200
    headers = {**ACCEPT, "mcp-session-id": answer.headers["mcp-session-id"]}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert client.post(f"{address}/mcp", json=ready, headers=headers).status_code == 202
    return headers


def call(client: httpx2.Client, address: str, headers: dict[str, str], id_: int, tool: str, **arguments: object) -> str:
    params = {"name": tool, "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": params}
    return client.post(f"{address}/mcp", json=body, headers=headers).text


def test_the_same_ids_in_many_sessions_never_mix(bridged: str) -> None:
    with httpx2.Client(timeout=300) as client:
        sessions = [begin(client, bridged) for _ in range(5)]

        def ask(place: int) -> list[str]:
            return [call(client, bridged, sessions[place], id_, "greet", who=f"{place}-{id_}") for id_ in range(10)]

        with concurrent.futures.ThreadPoolExecutor(len(sessions)) as pool:
            answers = list(pool.map(ask, range(len(sessions))))
        for headers in sessions:
            assert client.delete(f"{bridged}/mcp", headers=headers).status_code == 200
    for place, texts in enumerate(answers):
        assert all(f"hello {place}-{id_}" in text for id_, text in enumerate(texts))


def test_calls_in_flight_get_errors_when_the_server_ends_and_the_next_session_works(
    bridged: str, sentinel: FakeSentinel
) -> None:
    with httpx2.Client(timeout=300) as client:
        headers = begin(client, bridged)
        before = len(sentinel.events)
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            waiting = [pool.submit(call, client, bridged, headers, id_, "wait", seconds=600) for id_ in range(1, 10)]
            wait_until_asked(client, bridged, headers)
            answers = [call(client, bridged, headers, 10, "end"), *(one.result() for one in waiting)]
        assert all("the MCP server has ended" in answer for answer in answers)
        assert client.post(f"{bridged}/mcp", json=HELLO | {"method": "ping"}, headers=headers).status_code == 404
        events = wait_for_events(sentinel, before + 11)[before:]
        assert sorted(event["tool_name"] for event in events if event["status"] == "error") == ["end", *["wait"] * 9]
        assert "hello" in call(client, bridged, begin(client, bridged), 1, "greet", who="again")


def wait_until_asked(client: httpx2.Client, address: str, headers: dict[str, str]) -> None:
    """Wait for the answer of a call that was sent after the others."""
    assert "hello" in call(client, address, headers, 99, "greet", who="all")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_of_a_server_outlives_the_shim(number: signal.Signals, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    command = " ".join(greeter("2", "stdio"))
    with (
        sentinel.serve() as url,
        shim(["--upstream-cmd", command], url, tmp_path / "output") as (address, process),
    ):
        with httpx2.Client(timeout=300) as client:
            begin(client, address)
            assert "hello" in call(client, address, begin(client, address), 1, "greet", who="Ada")
        children = children_of(process.pid)
        assert len(children) == 2
        process.send_signal(number)
        assert process.wait(300) == 0
        assert [event["tool_name"] for event in sentinel.events] == ["greet"]
    assert not any(os.path.exists(f"/proc/{child}") for child in children)


def test_a_server_that_is_being_listed_ends_with_the_shim(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    words = ["--upstream-cmd", shlex.join([sys.executable, "-c", program]), "--agent-name", "a", "--port", "0"]
    with FakeSentinel().serve() as url:
        environment = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "SENTINEL_URL": url}
        environment["AGENTSENTINEL_SPOOL"] = str(tmp_path / "spool")
        with subprocess.Popen([SENTINEL, "shim", *words], env=environment) as process:
            while not (pid_file.exists() and pid_file.read_text()):
                assert process.poll() is None
                time.sleep(0.05)
            process.terminate()
            assert process.wait(300) == 0
    assert not os.path.exists(f"/proc/{pid_file.read_text()}")


class EndsAtOnce:
    """A server that has ended before its first message."""

    @classmethod
    async def start(cls, _: object, on_line: object, on_end: Callable[[], None]) -> "EndsAtOnce":
        asyncio.get_running_loop().call_soon(on_end)
        return cls()

    async def send(self, line: bytes) -> None:
        raise ConnectionResetError("the MCP server has ended")

    def kill(self) -> None:
        """There is nothing to end."""


def test_a_server_that_ends_right_after_its_start_is_not_started_for_each_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def ask(bridge: Bridge) -> bytes:
        sent: list[MutableMapping[str, Any]] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        body = [{"type": "http.request", "body": json.dumps(HELLO).encode(), "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            if body:
                return body.pop()
            await asyncio.Event().wait()
            raise AssertionError("the event is never set")

        scope = {"type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "headers": []}
        await bridge.serve(scope, receive, send)
        return b"".join(message.get("body", b"") for message in sent)

    async def ask_often() -> list[bytes]:
        bridge = Bridge(["server"], Observer(Conversation(None, SessionClock()), lambda _: None))
        return [await ask(bridge) for _ in range(4)]

    monkeypatch.setattr("agentsentinel_shim.bridge.asyncio.sleep", pause)
    monkeypatch.setattr("agentsentinel_shim.bridge.StdioServer", EndsAtOnce)
    answers = asyncio.run(ask_often())
    assert all(b"has ended" in answer for answer in answers)
    assert pauses[0] == 0
    assert all(0 < pause < later for pause, later in itertools.pairwise(pauses[1:]))


def children_of(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


@pytest.mark.parametrize("is_away", [True, False], ids=["server away", "key of scope agent"])
def test_no_grant_is_claimed_that_was_not_added(is_away: bool, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    sentinel.bound_agent_id = "01a226f5-581c-7f5c-babf-28a3a48b25a7"
    output = tmp_path / "output"
    with (
        sentinel.serve() as url,
        shim(["--upstream-cmd", " ".join(greeter("2", "stdio"))], "http://127.0.0.1:9" if is_away else url, output),
    ):
        pass
    lines = output.read_text()
    assert ("cannot be reached" if is_away else "this key may not") in lines
    assert "Added" not in lines


def modern(id_: int, tool: str, **arguments: object) -> dict[str, Any]:
    """Return a call of the era without sessions, and its headers."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": id_,
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    headers = {**ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool}
    return {"json": {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": params}, "headers": headers}


def test_two_clients_that_cannot_be_told_apart_may_use_the_same_id_at_once(bridged: str) -> None:
    url = f"{bridged}/mcp"
    with httpx2.Client(timeout=300) as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.post, url, **modern(1, "wait", seconds=5))
        assert "hello Bob" in client.post(url, **modern(1, "greet", who="Bob")).text
        assert "done" in waiting.result().text


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("no/such", {"mcp-method": "no/such"}, 404, -32601),
        ("initialize", {"mcp-method": "initialize"}, 404, -32601),
        ("tools/list", {"mcp-method": "other"}, 400, -32020),
        ("tools/list", {"mcp-method": "tools/list", "mcp-protocol-version": "2099-01-01"}, 400, -32020),
    ],
)
def test_an_error_of_the_era_without_sessions_has_its_status(
    method: str, headers: dict[str, str], status: int, code: int, bridged: str
) -> None:
    request = modern(7, "greet")
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": request["json"]["params"]["_meta"]}}
    with httpx2.Client(timeout=300) as client:
        answer = client.post(f"{bridged}/mcp", json=body, headers={**request["headers"], **headers})
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (status, code, 7)


def test_a_refused_request_does_not_decide_the_era_of_the_server(tmp_path: Path) -> None:
    command = " ".join(greeter("2", "stdio"))
    with (
        FakeSentinel().serve() as url,
        shim(["--upstream-cmd", command], url, tmp_path / "output") as (address, _),
        httpx2.Client(timeout=300) as client,
    ):
        request = modern(1, "greet", who="Bob")
        bare = {**request["json"], "params": {"name": "greet"}}
        assert client.post(f"{address}/mcp", json=bare, headers=request["headers"]).status_code == 400
        assert "hello Bob" in client.post(f"{address}/mcp", **request).text


@pytest.mark.parametrize(
    ("method", "path", "headers", "allowed"),
    [
        ("GET", "/mcp", {"mcp-protocol-version": "2026-07-28"}, "POST"),
        ("DELETE", "/mcp", {"mcp-protocol-version": "2026-07-28"}, "POST"),
        ("PUT", "/mcp", {}, "GET, POST, DELETE"),
        ("POST", "/sse", {}, "GET"),
        ("GET", "/messages/", {}, "POST"),
    ],
)
def test_a_method_that_is_not_allowed_gets_405_with_those_that_are(
    method: str, path: str, headers: dict[str, str], allowed: str, bridged: str
) -> None:
    with httpx2.Client(timeout=300) as client:
        answer = client.request(method, f"{bridged}{path}", headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_what_a_subscription_brings_goes_to_its_own_stream(tmp_path: Path) -> None:
    command = f"{sys.executable} {PROGRAMS / 'announcer.py'}"
    request = modern(1, "greet")
    listen = {**modern(2, "greet")["json"], "id": "s", "method": "subscriptions/listen"}
    with (
        FakeSentinel().serve() as url,
        shim(["--upstream-cmd", command], url, tmp_path / "output") as (address, _),
        httpx2.Client(timeout=300) as client,
        client.stream(
            "POST", f"{address}/mcp", json=listen, headers={**request["headers"], "mcp-method": "subscriptions/listen"}
        ) as stream,
    ):
        events = (line for line in stream.iter_lines() if line.startswith("data: "))
        assert "acknowledged" in next(events)
        answer = client.post(f"{address}/mcp", **request)
        assert answer.json()["result"]["content"][0]["text"] == "announced"
        assert "list_changed" in next(events)


@pytest.mark.parametrize(
    "meta", ["text", [1], {"progressToken": {"a": 1}}, {"progressToken": None}], ids=["text", "list", "object", "null"]
)
def test_a_request_with_odd_metadata_is_forwarded(meta: object, bridged: str) -> None:
    with httpx2.Client(timeout=300) as client:
        headers = begin(client, bridged)
        body = {"jsonrpc": "2.0", "id": 5, "method": "ping", "params": {"_meta": meta}}
        answer = client.post(f"{bridged}/mcp", json=body, headers=headers)
    assert answer.status_code == 200
    assert '"id":5' in answer.text


def test_an_answer_is_resumed_where_the_connection_broke(bridged: str) -> None:
    with httpx2.Client(timeout=300) as client:
        headers = {**begin(client, bridged), "mcp-protocol-version": "2025-11-25"}
        params = {"name": "wait", "arguments": {"seconds": 1}}
        request = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params}
        with client.stream("POST", f"{bridged}/mcp", json=request, headers=headers) as stream:
            first = next(line for line in stream.iter_lines() if line.startswith("id: "))
        place = {"last-event-id": first.removeprefix("id: ")}
        again = client.get(f"{bridged}/mcp", headers={**headers, **place})
        assert '"id":5' in again.text
        assert "done" in again.text
        assert client.get(f"{bridged}/mcp", headers={**headers, **place}).text == again.text


@pytest.mark.parametrize(
    ("version", "is_resumable"), [(None, False), ("2025-06-18", False), ("2025-11-25", True)], ids=str
)
def test_only_clients_that_know_how_to_resume_get_event_ids(
    version: str | None, is_resumable: bool, bridged: str
) -> None:
    with httpx2.Client(timeout=300) as client:
        headers = begin(client, bridged) | ({"mcp-protocol-version": version} if version else {})
        text = call(client, bridged, headers, 3, "greet", who="Bob")
    assert ("id: " in text) == is_resumable
    assert ("retry: " in text) == is_resumable
