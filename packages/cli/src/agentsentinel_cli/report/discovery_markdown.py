"""The Markdown report of `sentinel discover`, for a comment, a ticket or a job summary."""

from collections.abc import Iterator

from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery
from agentsentinel_cli.report.discovery_text import label_of, order, summary_of
from agentsentinel_cli.report.markdown_report import escaped


def render(discovery: Discovery) -> str:
    """Return the Markdown report: a table for each vector."""
    lines = ["## AgentSentinel — Discover", "", f"**{summary_of(discovery)}**", ""]
    for source in discovery.sources:
        agents = sorted((agent for agent in discovery.agents if agent.source == source), key=order)
        if agents:
            lines += [f"### {source.capitalize()}", "", *_table(agents), ""]
    if discovery.notices:
        lines += ["### Not looked at", "", *(f"- {escaped(notice)}" for notice in discovery.notices), ""]
    if discovery.is_partial:
        lines += ["The run was interrupted; this is what was found until then.", ""]
    return "\n".join(lines)


def _table(agents: list[DiscoveredAgent]) -> Iterator[str]:
    yield "| Risk | Agent | Framework | Location | Why | Next step |"
    yield "|---|---|---|---|---|---|"
    for agent in agents:
        why = [agent.risk_reason, *(key.shown for key in agent.api_keys)]
        why += [f"known: {agent.known_as}"] if agent.known_as is not None else []
        cells = (agent.risk.value, agent.name, label_of(agent), agent.location, "; ".join(why), agent.next_step)
        yield f"| {' | '.join(escaped(cell) for cell in cells)} |"
