"""The option `--ports`."""

import pytest

from agentsentinel_cli.discover.ports import DEFAULT_PORTS, OTHER_SERVICES, PortsError, parse_ports


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("8000", (8000,)),
        ("8000-8002", (8000, 8001, 8002)),
        ("8000,8080", (8000, 8080)),
        ("8001, 8000-8002", (8001, 8000, 8002)),
        ("1-65535", tuple(range(1, 65_536))),
    ],
)
def test_lists_and_ranges(text: str, ports: tuple[int, ...]) -> None:
    assert parse_ports(text) == ports


@pytest.mark.parametrize(
    "text", ["", "0", "70000", "9-1", "a-b", "-1", "1-", "8000;8001", "1-2-3", "٨٠", "9" * 5000, "80,,81", "8e3"]
)
def test_what_is_not_a_port_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(PortsError) as refused:
        parse_ports(text[:50])
    assert "\n" not in str(refused.value)


def test_no_default_port_belongs_to_another_service() -> None:
    assert not OTHER_SERVICES.intersection(DEFAULT_PORTS)
    assert len(DEFAULT_PORTS) == 15
