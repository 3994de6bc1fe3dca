"""Ranges of addresses that `--subnet` accepts. Pure."""

import ipaddress
from collections.abc import Iterator

MOST_ADDRESSES = 65_536
"""Addresses of a range that is scanned without `--force`: a /16."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SubnetError(ValueError):
    """The value of `--subnet` cannot be scanned; the message says why."""


def parse_subnet(text: str, *, is_forced: bool) -> Network:
    """Parse a range in CIDR notation, or one address. Raises SubnetError."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise SubnetError(f"{text!a} is not a range of addresses; write it like 10.0.0.0/24 or fd00::/120") from None
    if "/" in text and str(network.network_address) != str(ipaddress.ip_interface(text.strip()).ip):
        raise SubnetError(f"{text.strip()} names a host within a range; write {network}")
    if network.num_addresses > MOST_ADDRESSES and not is_forced:
        raise SubnetError(f"{network} has more than {MOST_ADDRESSES:,} addresses; scan a smaller range, or use --force")
    return network


def hosts_of(network: Network) -> Iterator[str]:
    """Yield the addresses to scan: all but the network's own and the broadcast one; of /31 and /32 all."""
    return (str(address) for address in network.hosts())


def count_hosts(network: Network) -> int:
    """Return how many addresses `hosts_of` yields."""
    if network.max_prefixlen - network.prefixlen <= 1:
        return network.num_addresses
    return network.num_addresses - (2 if network.version == 4 else 1)
