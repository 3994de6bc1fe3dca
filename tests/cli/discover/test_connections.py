"""Sockets of processes, and the hosts of LLM APIs behind them."""

import os
import socket
import subprocess
import sys
import threading

import psutil
import pytest

from agentsentinel_cli.discover import connections
from agentsentinel_cli.discover.connections import Connection, custom_hosts, live_hosts, plain_address, read_sockets


def test_a_listening_socket_is_found_with_its_process() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        found = {(each.address, each.port): each.pid for each in read_sockets(psutil).listeners}
        assert found[listener.getsockname()] == os.getpid()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_connection_is_found_from_its_process(host: str) -> None:
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((host, port)):
            assert Connection(os.getpid(), host, port) in read_sockets(psutil).connections


@pytest.mark.parametrize(
    ("address", "plain"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("FE80::1%eth0", "fe80::1"), ("10.0.0.1", "10.0.0.1"), ("x", "x")],
)
def test_one_address_has_one_spelling(address: str, plain: str) -> None:
    assert plain_address(address) == plain


@pytest.mark.parametrize(
    ("variable", "value", "place"),
    [
        ("OPENAI_BASE_URL", "https://llm.example.net/v1", ("llm.example.net", 443)),
        ("OPENAI_API_BASE", "http://127.0.0.1:4000", ("127.0.0.1", 4000)),
        ("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com/", ("acme.openai.azure.com", 443)),
        ("OLLAMA_HOST", "10.0.0.5:11434", ("10.0.0.5", 11434)),
        ("ANTHROPIC_BASE_URL", "http://[::1]:8080", ("::1", 8080)),
    ],
)
def test_an_environment_names_hosts_of_its_own(variable: str, value: str, place: tuple[str, int]) -> None:
    assert list(custom_hosts({variable: value})) == [place]


@pytest.mark.parametrize("value", ["", "http://", "http://[", "http://h:port", "h:99999999", "http://" + "x" * 300])
def test_addresses_that_cannot_be_read_name_no_host(value: str) -> None:
    assert custom_hosts({"OPENAI_BASE_URL": value}) == {}


def test_names_are_resolved_forward_in_both_families() -> None:
    found = connections.resolve([("127.0.0.1", 443), ("::1", 8443), ("localhost", 1), ("no such host", 2)])
    assert found["127.0.0.1", 443] == "127.0.0.1"
    assert found["::1", 8443] == "::1"
    assert found["127.0.0.1", 1] == "localhost"


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        released.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    assert connections.resolve([("a", 1), ("b", 1)], seconds=0.05) == {}
    released.set()


def test_without_a_connection_that_could_lead_there_nothing_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was resolved"))
    assert connections.resolve_known([Connection(1, "127.0.0.1", 443), Connection(1, "10.0.0.1", 5432)]) == {}


def test_only_a_resolved_address_with_its_port_is_live() -> None:
    resolved = {("10.0.0.1", 443): "api.openai.com", ("fd00::1", 443): "api.anthropic.com"}
    found = [
        Connection(7, "10.0.0.1", 443),
        Connection(7, "fd00::1", 443),
        Connection(7, "10.0.0.1", 80),
        Connection(7, "10.0.0.2", 443),
        Connection(8, "10.0.0.1", 443),
    ]
    assert live_hosts(7, found, resolved) == ("api.anthropic.com", "api.openai.com")
    assert live_hosts(9, found, resolved) == ()


_IN_A_NAMESPACE = r"""
set -e
ip link set lo up
ip addr add 10.77.0.1/32 dev lo
ip addr add fd00:77::1/128 dev lo
printf '127.0.0.1 localhost\n10.77.0.1 api.openai.com\nfd00:77::1 api.anthropic.com\n' > "$1/hosts"
mount --bind "$1/hosts" /etc/hosts
exec "$2" "$3" "$1"
"""
_WATCH = """
import socket, subprocess, sys, threading, json, psutil
from agentsentinel_cli.discover.connections import read_sockets
from agentsentinel_cli.discover.processes import find_processes
for host, family in (("10.77.0.1", socket.AF_INET), ("fd00:77::1", socket.AF_INET6)):
    socket.create_server((host, 443), family=family).detach()
code = "import socket,time; s=socket.create_connection((%r, 443)); print('ready', flush=True); time.sleep(60)"
children = {}
for host in ("api.openai.com", "api.anthropic.com", "10.77.0.1"):
    children[host] = subprocess.Popen([sys.executable, "-c", code % host], stdout=subprocess.PIPE)
    children[host].stdout.readline()
found = []
find_processes(psutil, read_sockets(psutil), lambda: False, found.append)
live = {agent.pid: agent.live_connections for agent in found}
print(json.dumps({host: live.get(child.pid) for host, child in children.items()}))
for child in children.values():
    child.kill()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a network namespace")
def test_live_connections_are_known_by_the_names_of_the_hosts(tmp_path: os.PathLike[str]) -> None:
    program = os.path.join(tmp_path, "watch.py")
    with open(program, "w") as stream:
        stream.write(_WATCH)
    command = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", _IN_A_NAMESPACE, "sh"]
    run = subprocess.run(
        [*command, str(tmp_path), sys.executable, program], capture_output=True, text=True, timeout=300, check=False
    )
    if "unshare" in run.stderr and run.returncode:
        pytest.skip("this machine allows no namespaces")
    assert run.stdout.strip() == (
        '{"api.openai.com": ["api.openai.com"], "api.anthropic.com": ["api.anthropic.com"], '
        '"10.77.0.1": ["api.openai.com"]}'
    ), run.stderr
