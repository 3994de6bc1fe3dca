"""A server is read in the shape of its client, and shown without secrets."""

from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.clients.servers import Source, servers_in, shown_path
from agentsentinel_shim.desk.clients import MCP_SERVERS

HOME = Path("/home/ada")
SOURCE = Source("~/mcp.json", "user", "")


def read(**members: Any) -> Any:
    (server,) = servers_in({"mcpServers": {"a": members}}, [MCP_SERVERS], SOURCE, HOME)
    return server.shown


@pytest.mark.parametrize(
    ("members", "transport", "url"),
    [
        ({"url": "https://x.example/mcp"}, "http", "https://x.example/mcp"),
        ({"url": "https://x.example/sse"}, "sse", "https://x.example/sse"),
        ({"type": "http", "url": "https://x.example/sse"}, "http", "https://x.example/sse"),
        ({"type": "sse", "url": "https://x.example/"}, "sse", "https://x.example/"),
        ({"type": "streamable-http", "url": "https://x.example/"}, "http", "https://x.example/"),
        ({"url": "https://ada:hunter2@x.example/mcp?key=hunter2#hunter2"}, "http", "https://x.example/mcp"),
        ({"url": "https://x.example/s/Zm9vYmFyMTIzNDU2Nzg5MA/mcp"}, "http", "https://x.example/s/Zm9vYmFy…/mcp"),
    ],
)
def test_a_server_over_http_shows_its_address(members: dict[str, Any], transport: str, url: str) -> None:
    shown = read(**members)
    assert (shown.transport, shown.url, shown.command) == (transport, url, None)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["server", "--token", "hunter2"], "server --token …"),
        (["server", "/home/ada", "/home/ada/app", "/home/adam"], "server '~' '~/app' /home/adam"),
        (["mcp-remote", "https://x.example", "--header", "Authorization: Bearer hunter2"],
         "mcp-remote https://x.example --header 'Authorization: Bearer …'"),
    ],
)  # fmt: skip
def test_a_server_that_is_started_shows_its_command(words: list[str], command: str) -> None:
    assert read(command=words[0], args=words[1:]).command == command


@pytest.mark.parametrize(
    ("members", "enabled"),
    [({}, True), ({"disabled": True}, False), ({"disabled": False}, True), ({"enabled": False}, False)],
)
def test_a_server_says_whether_it_is_used(members: dict[str, Any], enabled: bool) -> None:
    assert read(command="a", **members).enabled is enabled


def test_a_path_below_the_home_begins_with_a_tilde() -> None:
    assert [shown_path(Path(path), HOME) for path in ("/home/ada", "/home/ada/x", "/etc/x")] == ["~", "~/x", "/etc/x"]
