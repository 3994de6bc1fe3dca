"""Where a request comes from: only a configured proxy may name another address."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from agentsentinel.auth.addresses import MOST_ENTRIES, client_address, network_of

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
PEER = "10.0.0.1"
addresses = st.ip_addresses().map(str)


def request(*forwarded: str, peer: str | None = PEER) -> Scope:
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value.encode("latin-1")) for value in forwarded)]
    return {"type": "http", "client": (peer, 4711) if peer is not None else None, "headers": headers}


@given(addresses, st.text(st.characters(max_codepoint=255)))
def test_whoever_is_no_proxy_is_not_believed(peer: str, told: str) -> None:
    assert client_address(request(told, peer=peer), []) == client_address(request(peer=peer), [])


@given(st.text(st.characters(max_codepoint=255)))
def test_whatever_a_proxy_passes_on_an_address_comes_out(told: str) -> None:
    ip_address(client_address(request(told), PROXIES))


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ([], PEER),
        (["203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7, 10.2.2.2"], "203.0.113.7"),
        (["203.0.113.7,10.2.2.2,fd00::1"], "203.0.113.7"),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        (["2001:db8::1"], "2001:db8::1"),
        (["203.0.113.7:4711"], "203.0.113.7"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7, unknown"], PEER),
        (["198.51.100.1, unknown, 10.2.2.2"], "10.2.2.2"),
        (["unknown"], PEER),
        ([""], PEER),
        ([","], PEER),
    ],
    ids=str,
)
def test_the_list_is_read_from_its_end_for_as_long_as_proxies_wrote_it(forwarded: list[str], client: str) -> None:
    assert client_address(request(*forwarded), PROXIES) == client


def test_a_very_long_list_is_not_read_to_its_beginning() -> None:
    told = ",".join(["203.0.113.7", *["10.1.1.1"] * MOST_ENTRIES])
    assert client_address(request(told), PROXIES) == "10.1.1.1"


@pytest.mark.parametrize("peer", [None, "", "testclient", "/run/socket"])
def test_a_connection_without_an_address_has_none(peer: str | None) -> None:
    assert client_address(request("203.0.113.7", peer=peer), PROXIES) == ""


def test_a_mapped_peer_and_one_with_a_zone_are_what_they_stand_for() -> None:
    assert client_address(request("203.0.113.7", peer="::ffff:10.0.0.1"), PROXIES) == "203.0.113.7"
    assert client_address(request(peer="fe80::1%eth0"), []) == "fe80::1"


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_one_ipv6_network_count_as_one(network: int, first: int, other: int) -> None:
    assert network_of(str(IPv6Address(network << 64 | first))) == network_of(str(IPv6Address(network << 64 | other)))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_counts_alone(address: object) -> None:
    assert network_of(str(address)) == str(address)
