"""Ports that are probed: the default list, and the option `--ports`. Pure."""

DEFAULT_PORTS = (3000, 3001, 4000, 5000, 7860, 8000, 8001, 8002, 8003, 8080, 8443, 8888, 9000, 9001, 11434)
"""Ports on which agents, MCP servers and LLM APIs listen by default."""
OTHER_SERVICES = frozenset(
    {21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 445, 465, 514, 587, 631, 636, 993, 995}
    | {1433, 1521, 1883, 2049, 3306, 3389, 5353, 5432, 5433, 5672, 5900, 6000, 6379, 9042, 9092, 11211, 27017}
)
"""Ports of mail, databases and the like, which a request would only disturb; probed when `--ports` names them."""
_HIGHEST = 65_535


class PortsError(ValueError):
    """The value of `--ports` is not a list of ports; the message says why."""


def parse_ports(text: str) -> tuple[int, ...]:
    """Parse `8000-9001`, `8000,8080` or both; each port once, in order. Raises PortsError."""
    ports: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        low = _port(first)
        high = _port(last) if dash else low
        if high < low:
            raise PortsError(f"{part.strip()!a} ends before it begins")
        ports.update(dict.fromkeys(range(low, high + 1)))
    return tuple(ports)


def _port(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 5 or not 1 <= int(digits) <= _HIGHEST:
        raise PortsError(f"{text!a} is not a port; use 1 to 65535, such as 8000-9001 or 8000,8080")
    return int(digits)
