"""The option `--subnet`."""

import pytest

from agentsentinel_cli.discover.subnet_range import SubnetError, count_hosts, hosts_of, parse_subnet


@pytest.mark.parametrize(
    ("text", "count", "first", "last"),
    [
        ("10.0.1.0/24", 254, "10.0.1.1", "10.0.1.254"),
        ("10.0.0.0/31", 2, "10.0.0.0", "10.0.0.1"),
        ("10.0.0.7/32", 1, "10.0.0.7", "10.0.0.7"),
        ("10.0.0.7", 1, "10.0.0.7", "10.0.0.7"),
        ("fd00::/120", 255, "fd00::1", "fd00::ff"),
        ("::1/128", 1, "::1", "::1"),
        (" 10.0.0.0/30 ", 2, "10.0.0.1", "10.0.0.2"),
    ],
)
def test_the_hosts_of_a_range(text: str, count: int, first: str, last: str) -> None:
    network = parse_subnet(text, is_forced=False)
    hosts = list(hosts_of(network))
    assert (len(hosts), hosts[0], hosts[-1]) == (count, first, last)
    assert count_hosts(network) == count


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/24",
        "10.0.0.0/33",
        "10.0.0.0/24x",
        "300.1.1.1",
        "10.0.0.0/24,10.0.1.0/24",
        "host.example",
        "10.0.0.0/-1",
        "10.0.0.0 - 10.0.0.9",
        "fd00::/129",
        "10.0.0/24",
        "10.0.0.0/24/8",
        "１０.0.0.0/24",
        "10.0.0.5/24",
        "fd00::5/120",
    ],
)
def test_what_is_not_a_range_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(SubnetError) as refused:
        parse_subnet(text, is_forced=True)
    assert "\n" not in str(refused.value)


def test_a_host_within_a_range_is_answered_with_the_range() -> None:
    with pytest.raises(SubnetError, match=r"write 10\.0\.0\.0/24"):
        parse_subnet("10.0.0.5/24", is_forced=False)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/15", "::/0", "fd00::/111"])
def test_more_than_65536_addresses_need_force(text: str) -> None:
    with pytest.raises(SubnetError, match="--force"):
        parse_subnet(text, is_forced=False)
    assert parse_subnet(text, is_forced=True).num_addresses > 65_536


@pytest.mark.parametrize("text", ["10.0.0.0/16", "fd00::/112"])
def test_65536_addresses_need_none(text: str) -> None:
    assert parse_subnet(text, is_forced=False).num_addresses == 65_536
