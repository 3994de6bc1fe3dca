"""MCP servers by their handshake: official ones of both lines, and servers that only look like one."""

import asyncio
import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.discover.http_client import Address, Budget
from agentsentinel_cli.discover.mcp_probe import McpServer, probe_sse, probe_streamable
from agentsentinel_cli.discover.model import DiscoveredAgent, Kind
from agentsentinel_cli.discover.probes import Server, identify
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_sdk.testing import FakeSentinel
from cli.discover.servers import Talk, answering, host, read_head
from cli.discover.support import environment
from ports import free_port
from shim.support import greeter, mcp_python, npm_server, shim, wait_for_port

PROGRAM = Path(__file__).parent / "programs" / "mcp_server.py"


@contextmanager
def official(line: str, transport: str) -> Iterator[int]:
    port = free_port()
    command = [mcp_python(line), str(PROGRAM), transport, str(port)]
    with subprocess.Popen(command, env=environment()) as process:
        try:
            wait_for_port(port, process)
            yield port
        finally:
            process.kill()


def identified(port: int) -> DiscoveredAgent:
    agent = asyncio.run(identify(Server("127.0.0.1", port), seconds=120))
    assert agent is not None
    return assessed(agent)


@pytest.mark.parametrize("line", ["1", "2"])
@pytest.mark.parametrize(("transport", "kind", "path"), [("http", "streamable-http", "/mcp"), ("sse", "sse", "/sse")])
def test_official_servers_of_both_lines_and_transports(line: str, transport: str, kind: str, path: str) -> None:
    with official(line, transport) as port:
        agent = identified(port)
    assert (agent.kind, agent.transport, agent.requires_auth) == (Kind.MCP_SERVER, kind, False)
    assert agent.url == f"http://127.0.0.1:{port}{path}"
    assert [(tool.name, tool.is_dangerous) for tool in agent.tools] == [("read_page", False), ("delete_page", True)]
    assert (agent.risk.value, agent.next_step) == ("HIGH", f"sentinel mcp scan {agent.url}")
    assert "zoo" in agent.evidence[0]


@pytest.mark.parametrize("line", ["1", "2"])
def test_a_server_that_wants_credentials_is_low(line: str) -> None:
    with official(line, "auth") as port:
        agent = identified(port)
    assert (agent.kind, agent.requires_auth, agent.risk.value) == (Kind.MCP_SERVER, True, "LOW")


def test_the_shim_and_its_token_are_known(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with (
        sentinel.serve() as url,
        shim(["--upstream-cmd", " ".join(greeter("2", "stdio"))], url, tmp_path / "log") as (
            address,
            _,
        ),
    ):
        agent = identified(int(address.rpartition(":")[2]))
    assert (agent.kind, agent.requires_auth) == (Kind.MCP_SERVER, False)
    assert "greet" in {tool.name for tool in agent.tools}


def test_an_official_server_of_typescript(tmp_path: Path) -> None:
    port = free_port()
    command = [*npm_server("everything")[:-1], "streamableHttp"]
    variables = environment(PORT=str(port))
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_port(port, process)
            agent = identified(port)
        finally:
            process.kill()
    assert (agent.kind, agent.transport) == (Kind.MCP_SERVER, "streamable-http")
    assert "echo" in {tool.name for tool in agent.tools}


Handler = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Members of the answer to a message; None for none."""


def speaking(handle: Handler, seen: list[dict[str, Any]] | None = None, status: int = 200) -> Talk:
    """Return the talk of a streamable HTTP server on /mcp."""

    def talk(connection: socket.socket) -> None:
        method, path, _, body = read_head(connection)
        message = json.loads(body) if body else {}
        if seen is not None:
            seen.append(message)
        answer = handle(message) if (method, path) == ("POST", "/mcp") else None
        data = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), **answer}).encode() if answer else b""
        code = (status if "error" in answer else 200) if answer else 404
        head = f"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        connection.sendall(head.encode() + data)

    return talk


def probed(talk: Talk) -> McpServer | None:
    with host(talk) as port:
        return asyncio.run(probe_streamable(Address("127.0.0.1", port), Budget(), "/mcp"))


def _modern(message: dict[str, Any]) -> dict[str, Any]:
    meta = message.get("params", {}).get("_meta", {})
    if message["method"] == "initialize" or "io.modelcontextprotocol/protocolVersion" not in meta:
        return {"error": {"code": -32022, "message": "unsupported", "data": {"supported": ["2026-07-28"]}}}
    about = {"_meta": {"io.modelcontextprotocol/serverInfo": {"name": "new", "version": "3"}}}
    if message["method"] == "server/discover":
        return {"result": {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}, **about}}
    return {"result": {"resultType": "complete", "tools": [{"name": "run_shell"}], **about}}


@pytest.mark.parametrize("status", [200, 400])
def test_a_server_of_the_era_without_sessions_is_confirmed(status: int) -> None:
    server = probed(speaking(_modern, status=status))
    assert server is not None
    assert (server.name, server.version, server.protocol) == ("new", "3", "2026-07-28")
    assert [tool["name"] for tool in server.tools] == ["run_shell"]


def test_only_questions_are_sent() -> None:
    seen: list[dict[str, Any]] = []
    probed(speaking(_modern, seen))
    assert {message["method"] for message in seen} <= {"initialize", "server/discover", "tools/list"}


@pytest.mark.parametrize(
    "answer",
    [
        {"result": {}},
        {"result": "hello"},
        {"result": {"protocolVersion": "2025-11-25"}},
        {"result": {"capabilities": {}}},
        {"error": {"code": -32601, "message": "no such method"}},
        {"error": "no"},
        {"other": 1},
    ],
)
def test_json_rpc_that_is_not_mcp_is_not_confirmed(answer: dict[str, Any]) -> None:
    assert probed(speaking(lambda message: answer)) is None


def test_the_answer_to_another_request_confirms_nothing() -> None:
    good = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
    assert probed(speaking(lambda message: {"id": 99, "result": good})) is None


def test_a_server_whose_list_is_broken_is_still_one() -> None:
    good = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}

    def handle(message: dict[str, Any]) -> dict[str, Any]:
        return {"result": good} if message["method"] == "initialize" else {"result": {"tools": [1, {"name": 2}, {}]}}

    server = probed(speaking(handle))
    assert server is not None
    assert server.tools == ()


@pytest.mark.parametrize(
    ("challenge", "is_mcp"),
    [
        ('Bearer resource_metadata="http://h/.well-known/oauth-protected-resource"', True),
        ('X-AgentSentinel-Token realm="sentinel shim"', True),
        ("Basic realm=x", False),
        ("", False),
    ],
)
def test_a_refusal_alone_is_not_mcp(challenge: str, is_mcp: bool) -> None:
    talk = answering({"/mcp": (401, {"detail": "who are you"})}, WWW_Authenticate=challenge or "x")
    server = probed(talk)
    assert (server is not None and server.requires_auth) is is_mcp


def test_a_refusal_is_mcp_with_the_metadata_of_a_protected_resource() -> None:
    talk = answering(
        {
            "/mcp": (401, {}),
            "/.well-known/oauth-protected-resource/mcp": (
                200,
                {"resource": "http://h/mcp", "authorization_servers": []},
            ),
        }
    )
    assert probed(talk) is not None


def streaming(*events: str) -> Talk:
    """Return the talk of a server that sends these events on /sse and accepts every POST."""

    def talk(connection: socket.socket) -> None:
        method, _, _, _ = read_head(connection)
        if method == "POST":
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for event in events:
            connection.sendall(event.encode())
        connection.recv(1)

    return talk


_WELCOME = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {"protocolVersion": "2024-11-05", "capabilities": {}, "serverInfo": {"name": "s"}},
    }
)


def stream_probed(*events: str) -> McpServer | None:
    async def probe(port: int) -> McpServer | None:
        try:
            return await asyncio.wait_for(probe_sse(Address("127.0.0.1", port), Budget()), 0.7)
        except TimeoutError:
            return None

    with host(streaming(*events)) as port:
        return asyncio.run(probe(port))


def test_the_transport_with_two_channels_is_confirmed_by_its_welcome() -> None:
    tools = json.dumps({"jsonrpc": "2.0", "id": 2, "result": {"tools": [{"name": "a"}]}})
    server = stream_probed(
        "event: endpoint\ndata: /messages?session=1\n\n", f"data: {_WELCOME}\n\n", f"data: {tools}\n\n"
    )
    assert server is not None
    assert (server.transport, server.name, len(server.tools)) == ("sse", "s", 1)


@pytest.mark.parametrize(
    "events",
    [
        [],
        ["data: hello\n\n"],
        ["event: endpoint\ndata: /messages\n\n"],
        ["event: endpoint\ndata: http://127.0.0.9:1/elsewhere\n\n", f"data: {_WELCOME}\n\n"],
        ["event: endpoint\ndata: file:///etc/passwd\n\n", f"data: {_WELCOME}\n\n"],
        ["event: endpoint\ndata: /a b\r\n\r\n", f"data: {_WELCOME}\n\n"],
        ["event: endpoint\ndata: /messages\n\n", "data: {}\n\n"],
    ],
)
def test_an_event_stream_alone_or_with_an_endpoint_elsewhere_is_not_mcp(events: list[str]) -> None:
    assert stream_probed(*events) is None
