"""Connections of processes: the sockets they listen on, and those to LLM APIs, whose hosts are resolved forward.

Reverse names of cloud addresses say nothing, so the documented hosts are resolved and their addresses compared. Many
hosts share addresses with others of the same provider, therefore only connections to a port of HTTPS count.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from agentsentinel_cli.discover.providers import BASE_URLS, HOSTS

RESOLVE_SECONDS = 2.0
"""Longest wait for all names together; what is not resolved by then is not known."""
_THREADS = 16
_HTTPS = 443

Resolved = Mapping[tuple[str, int], str]
"""Address and port -> host of an LLM API."""


class Listener(NamedTuple):
    """A socket that a process of this host listens on."""

    address: str
    port: int
    pid: int | None
    """None where the system does not say whose it is."""


class Connection(NamedTuple):
    """An established TCP connection."""

    pid: int
    address: str
    port: int


class Sockets(NamedTuple):
    """The TCP sockets of this host."""

    listeners: tuple[Listener, ...] = ()
    connections: tuple[Connection, ...] = ()
    is_complete: bool = True
    """Whether the system lists the sockets of all processes."""


def read_sockets(psutil: Any) -> Sockets:
    """Return the TCP sockets of this host, as far as the system shows them to this user."""
    is_complete = True
    try:
        found = [(entry, entry.pid) for entry in psutil.net_connections("tcp")]
    except (psutil.AccessDenied, OSError):  # macOS shows only the own processes', and only one by one
        is_complete = False
        found = [(entry, process.pid) for process in psutil.process_iter() for entry in _of_process(psutil, process)]
    listeners: list[Listener] = []
    connections: list[Connection] = []
    for entry, pid in found:
        if entry.status == psutil.CONN_LISTEN:
            listeners.append(Listener(entry.laddr.ip, entry.laddr.port, pid))
        elif entry.status == psutil.CONN_ESTABLISHED and pid is not None and entry.raddr:
            connections.append(Connection(pid, plain_address(entry.raddr.ip), entry.raddr.port))
    return Sockets(tuple(listeners), tuple(connections), is_complete)


def _of_process(psutil: Any, process: Any) -> list[Any]:
    try:
        return list(process.net_connections("tcp"))
    except (psutil.Error, OSError):
        return []


def plain_address(address: str) -> str:
    """Return an IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) as IPv4, others unchanged, without zone."""
    bare = address.partition("%")[0]
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return bare
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def custom_hosts(environment: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """Return host and port -> provider of the LLM APIs that an environment names instead of the provider's own."""
    found = {}
    for variable, provider in BASE_URLS.items():
        value = environment.get(variable, "")
        try:
            parts = urlsplit(value if "://" in value else f"http://{value}")
            host, port = parts.hostname, parts.port
        except ValueError:
            continue
        if value and host and len(host) <= 253:
            found[host, port or (80 if parts.scheme == "http" else _HTTPS)] = provider
    return found


def resolve_known(connections: Iterable[Connection]) -> dict[tuple[str, int], str]:
    """Resolve the documented hosts of LLM APIs, unless no process has a connection that could lead to one."""
    has_candidates = any(each.port == _HTTPS and not _is_loopback(each.address) for each in connections)
    return resolve((host, _HTTPS) for host in HOSTS) if has_candidates else {}


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def resolve(hosts: Iterable[tuple[str, int]], seconds: float = RESOLVE_SECONDS) -> dict[tuple[str, int], str]:
    """Resolve hosts, IPv4 and IPv6; return address and port -> host. Waits `seconds` at most.

    A resolver without an answer blocks its thread for up to half a minute, therefore the threads are daemons and those
    that are late are left behind.
    """
    waiting = sorted(set(hosts))
    found: dict[tuple[str, int], str] = {}
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                host, port = waiting.pop()
            for address in _addresses(host, port):
                with lock:
                    found[address, port] = host

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(_THREADS, len(waiting)))]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    with lock:
        waiting.clear()
        return dict(found)


def _addresses(host: str, port: int) -> set[str]:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {plain_address(str(entry[4][0])) for entry in entries}


def live_hosts(pid: int, connections: Iterable[Connection], resolved: Resolved) -> tuple[str, ...]:
    """Return the hosts of LLM APIs that a process is connected to."""
    found = (resolved.get((each.address, each.port)) for each in connections if each.pid == pid)
    return tuple(sorted({host for host in found if host is not None}))
