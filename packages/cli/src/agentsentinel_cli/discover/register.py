"""Sends what was found to a platform's inventory, where each host and place is one agent, however often it is sent."""

import socket
from collections.abc import Iterable, Iterator

from agentsentinel_cli.discover.known import place_of
from agentsentinel_cli.discover.model import DiscoveredAgent, Kind
from agentsentinel_cli.scan.platform_comparison import LiveError, open_platform

MOST_AT_ONCE = 500
_MOST_TOOLS = 500


def register(agents: Iterable[DiscoveredAgent], url: str, key: str) -> tuple[int, int]:
    """Send the agents; returns how many the platform knows now, and how many of them are new. Raises LiveError."""
    host = host_name()
    entries = list(_entries(agents))
    results: list[dict[str, object]] = []
    with open_platform(url, key) as platform:
        for start in range(0, len(entries), MOST_AT_ONCE):
            body = {"host": host, "agents": entries[start : start + MOST_AT_ONCE]}
            results += platform.post("discoveries", body)
    return len(results), sum(bool(result["is_new"]) for result in results)


def check_platform(url: str, key: str) -> None:
    """Raise LiveError when nothing can be registered there, which is better known before minutes of a scan."""
    host_name()
    with open_platform(url, key) as platform:
        platform.check("admin")


def host_name() -> str:
    """Return the name under which this host's agents are kept. Raises LiveError when the host has none."""
    name = socket.gethostname()[:255]
    if not name:
        raise LiveError("this host has no name, so its agents could not be told from those of others; set one")
    return name


def _entries(agents: Iterable[DiscoveredAgent]) -> Iterator[dict[str, object]]:
    """Return the agents as the platform takes them; platforms themselves are left out."""
    for agent in agents:
        if agent.kind is not Kind.PLATFORM:
            yield {
                "place": place_of(agent)[:500],
                "name": agent.name[:255],
                "source": agent.source,
                "framework": (" + ".join(agent.frameworks) or "unknown")[:128],
                "model": (agent.model or "unknown")[:128],
                "risk": agent.risk.value,
                "reason": agent.risk_reason[:1000],
                "tools": [name for tool in agent.tools[:_MOST_TOOLS] if (name := tool.name[:255])],
            }
