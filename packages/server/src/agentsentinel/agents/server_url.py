"""Validation of the addresses of MCP servers. They are only stored and checked, never connected to."""

import ipaddress
import socket
import unicodedata
from urllib.parse import urlsplit

METADATA_HOSTS = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(address)
    # AWS and most others (also link-local), AWS over IPv6, Alibaba Cloud, Oracle Cloud
    for address in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)


def check_server_url(url: str) -> str:
    """Return the URL if it is `stdio:NAME`, or http(s) to a host that is neither link-local nor a metadata service.

    Raises ValueError otherwise. Loopback is allowed: many MCP servers are local.
    """
    if any(character.isspace() or not character.isprintable() for character in url) or "\\" in url:
        raise ValueError("must not contain spaces, control characters or backslashes")
    parts = urlsplit(url)
    if parts.scheme == "stdio":
        if not url.partition(":")[2].strip("/"):
            raise ValueError("must name the server: stdio:NAME")
        return url
    if parts.scheme not in {"http", "https"}:
        raise ValueError("must begin with http:// or https://, or be stdio:NAME")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not contain a user name or password")
    _ = parts.port  # raises ValueError for an invalid port
    host = _ascii_digits(parts.hostname or "").rstrip(".").lower()
    if not host:
        raise ValueError("must name a host")
    if host in METADATA_HOSTS or host.endswith((".metadata.google.internal", ".metadata.goog")):
        raise ValueError("must not name a cloud metadata service")
    address = _address(host)
    if address is not None and (address.is_link_local or address in METADATA_ADDRESSES):
        raise ValueError("must not name a link-local or cloud metadata address")
    return url


def _ascii_digits(host: str) -> str:
    """Replace full-width digits and letters and ideographic full stops by ASCII, as HTTP clients do."""
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse a host as an IP address in any notation (2852039166, 0xa9.0xfe.0xa9.0xfe, ::ffff:a9fe:a9fe), else None."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
