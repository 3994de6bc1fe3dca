"""Refuses requests that a web page on another site has caused, by DNS rebinding or directly."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from agentsentinel_shim.headers import RawHeaders

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class OriginCheck:
    """Checks `Host` and `Origin`.

    Args:
        hosts: host names, without port, by which clients reach the relay.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def refusal(self, headers: RawHeaders) -> bytes | None:
        """Return why a request is refused, or None."""
        named = {name.lower(): value.decode("latin-1") for name, value in headers}
        if _host_of(f"//{named.get(b'host', '')}") not in self._hosts:
            return b"Forbidden: this Host is not one of the relay's; see --allow-host"
        origin = named.get(b"origin")
        if origin is not None and _host_of(origin) not in self._hosts:
            return b"Forbidden: this Origin is not one of the relay's; see --allow-host"
        return None


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
