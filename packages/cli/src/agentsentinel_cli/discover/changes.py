"""What has changed between two runs, for `--watch`. Pure."""

from collections.abc import Iterable, Iterator

from agentsentinel_cli.discover.known import fingerprint_of
from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.report.words import safe


def changes(before: Iterable[DiscoveredAgent], after: Iterable[DiscoveredAgent]) -> Iterator[str]:
    """Yield a line for each agent that is new, gone or of another risk; a restart alone is not a change."""
    old = {fingerprint_of(agent): agent for agent in before}
    new = {fingerprint_of(agent): agent for agent in after}
    for fingerprint, agent in new.items():
        earlier = old.get(fingerprint)
        if earlier is None:
            yield f"+ {agent.risk.value}  {_shown(agent)}: {safe(agent.risk_reason)}"
        elif earlier.risk is not agent.risk:
            yield f"~ {earlier.risk.value} -> {agent.risk.value}  {_shown(agent)}: {safe(agent.risk_reason)}"
    for fingerprint, agent in old.items():
        if fingerprint not in new:
            yield f"- {agent.risk.value}  {_shown(agent)}"


def _shown(agent: DiscoveredAgent) -> str:
    return f"{safe(agent.name)}  {safe(agent.location)}"
