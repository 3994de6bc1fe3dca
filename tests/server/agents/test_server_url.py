"""Addresses of MCP servers: judged, stored, and never visited."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from server.support import Server, assert_refused

BAD_URLS = [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/_x",
    "ftp://example.com",
    "data:text/html,x",
    "//example.com",
    "example.com",
    "http://",
    "http:///path",
    "http://user:password@example.com",
    "http://user@example.com",
    "http://@example.com",
    "http://example.com:99999",
    "http://example.com:port",
    "http://[::1",
    "http://[not-v6]",
    "http://example.com\r\nX-Injected: yes",
    "http://exa mple.com",
    "http://example.com\\@evil.example",
    "http://example.com/\0",
    "http://example.com/\u202e",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254.:80/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
    "http://METADATA.GOOGLE.INTERNAL./",
    "http://metadata.goog/",
    "http://100.100.100.200/",
    "http://１６９.254.169.254/",
    "https://" + "a" * 510,
    "",
]


@pytest.fixture(scope="module")
def connections(server: Server) -> str:
    """Return the path of the connections of an agent that has one."""
    path = f"agents/{server.new_agent()}/mcp"
    server.api.post(path, json={"server_name": "s", "server_url": "https://mcp.example.com"})
    return path


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_dangerous_server_address_is_refused(server: Server, connections: str, url: str) -> None:
    [connection] = server.api.get(connections.removesuffix("/mcp")).json()["mcp_connections"]
    assert_refused(server.api.post(connections, json={"server_name": "s", "server_url": url}), 422)
    assert_refused(server.api.patch(f"{connections}/{connection['id']}", json={"server_url": url}), 422)


class Canary:
    """Listens, and counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        try:
            while True:
                visitor, _ = self._listener.accept()
                visitor.close()
                self.visits += 1
        except OSError:
            return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def canary() -> Iterator[Canary]:
    bird = Canary()
    yield bird
    bird.close()


def test_a_server_address_is_judged_and_never_visited(server: Server, canary: Canary) -> None:
    agent = server.new_agent()
    hosts = ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"]
    for host in hosts:
        url = f"http://{host}:{canary.port}/sse"
        made = server.api.post(f"agents/{agent}/mcp", json={"server_name": "s", "server_url": url})
        assert made.status_code == 201, (host, made.text)
        assert made.json()["server_url"] == url
    server.report(agent, f"http://127.0.0.1:{canary.port}/", session_id=f"http://127.0.0.1:{canary.port}/")
    server.api.get(f"agents/{agent}/score")
    server.wait_for_score(agent, events=1)
    assert canary.visits == 0
