"""A minimal URL parser that tells where a connection goes and whether it is encrypted.

The standard library's parser is not used because it is in a package with network code, which this package must not
import, and because it parses some addresses differently from the clients that connect to them.
"""

import re

from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass

_ADDRESS = lazy_compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):[/\\]{2}(?P<authority>[^/\\?#]*)(?P<path>[^?#]*)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Address:
    """Parts of a URL that rules use."""

    scheme: str
    """Scheme in lower case; empty when the text is not a URL."""
    host: str
    """Host in lower case, without brackets, port, userinfo or a final dot."""
    shown: str
    """URL for reports, without userinfo, query and fragment: these may hold secrets, and findings are widely read."""

    @property
    def is_loopback(self) -> bool:
        """Whether the connection stays on the machine: localhost, 127.0.0.0/8, ::1."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        import ipaddress  # slow to load, and most scans have no address to check

        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback


def parse(url: str) -> Address:
    """Parse a URL. Never raises; the result for a text that is not a URL has an empty scheme and host."""
    hit = _ADDRESS.match(url.strip())
    if hit is None:
        return Address("", "", url.strip())
    # The last @ ends the userinfo: in http://localhost@evil.example the host is evil.example.
    authority = hit["authority"].rpartition("@")[2]
    scheme = hit["scheme"].lower()
    return Address(scheme, _host(authority), f"{scheme}://{authority.lower()}{hit['path']}")


def _host(authority: str) -> str:
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower().rstrip(".")
