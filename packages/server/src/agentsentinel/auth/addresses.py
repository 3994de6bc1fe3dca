"""The client address of a request. X-Forwarded-For can be forged by any client, so only configured proxies are trusted.

Each proxy appends the address of its own client to the list. So the list is read from its end, as long as the proxy
that appended an entry is trusted. Entries further left may be forged and are ignored.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

MOST_ENTRIES = 20
"""Entries of X-Forwarded-For that are read; no real chain of proxies is this long, so a longer list is forged."""
NETWORK_BITS = 64
"""Prefix length of an IPv6 client: a provider's customer gets at least a /64 (RFC 6177) to choose addresses from."""


def client_address(scope: Scope, proxies: Sequence[Network]) -> str:
    """Return the client's address as text, at most 45 characters; empty when the connection has none."""
    peer = _parse(scope["client"][0]) if scope.get("client") else None
    if peer is None:
        return ""
    if proxies and _is_in(peer, proxies):
        peer = _read_forwarded(scope, peer, proxies)
    return str(peer)


def is_from(scope: Scope, proxies: Sequence[Network]) -> bool:
    """Tell whether the connection comes from one of these proxies."""
    peer = _parse(scope["client"][0]) if proxies and scope.get("client") else None
    return peer is not None and _is_in(peer, proxies)


def network_of(address: str) -> str:
    """Return the network that is throttled as one client: an IPv4 address, or the /64 of an IPv6 address."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, NETWORK_BITS), strict=False))
    return address


def _read_forwarded(scope: Scope, peer: Address, proxies: Sequence[Network]) -> Address:
    entries = ",".join(v.decode("latin-1") for n, v in scope["headers"] if n == b"x-forwarded-for").split(",")
    for entry in entries[: -MOST_ENTRIES - 1 : -1]:
        forwarded = _parse(_without_port(entry.strip()))
        if forwarded is None:
            break
        peer = forwarded
        if not _is_in(peer, proxies):
            break
    return peer


def _without_port(entry: str) -> str:
    """Strip the port that some proxies add: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.scope_id is not None:
            return IPv6Address(int(address))
    return address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
