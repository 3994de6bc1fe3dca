"""The text report of `sentinel discover`: a section for each vector, a block for each agent, and a summary."""

import textwrap
from collections.abc import Iterator

from agentsentinel_cli.discover.model import DiscoveredAgent, Discovery, Risk
from agentsentinel_cli.report.style import Style
from agentsentinel_cli.report.words import clipped, padded, safe, width

_BOX = 63
_RULE = 65
_NAME = 17
_BEFORE_LOCATION = 42
_INDENT = " " * 16
_ICONS = {Risk.CRITICAL: "🔴", Risk.HIGH: "🟠", Risk.MEDIUM: "🟡", Risk.LOW: "🟢", Risk.UNKNOWN: "⚪"}
_COLORS = {Risk.CRITICAL: "1;31", Risk.HIGH: "31", Risk.MEDIUM: "33", Risk.LOW: "32", Risk.UNKNOWN: "2"}
_MOST_KEYS = 10
_MOST_FINDINGS = 4


def text_report(discovery: Discovery, style: Style) -> str:
    """Return the complete text report."""
    lines = [*_box(discovery), ""]
    for source in discovery.sources:
        agents = sorted((agent for agent in discovery.agents if agent.source == source), key=order)
        if source == "client" and not agents:
            continue  # most hosts have none, and the vector is on by default
        lines += [_heading(source), ""]
        for agent in agents:
            lines += [*_block(agent, style), ""]
        if not agents:
            lines += ["  No agents found.", ""]
    lines += _summary(discovery, style)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def order(agent: DiscoveredAgent) -> tuple[object, ...]:
    """Return the key that sorts the agents of a section: processes by risk, servers by address and port."""
    if agent.source in ("network", "subnet"):
        host, _, port = agent.location.rpartition(":")
        parts = tuple(int(part) if part.isdigit() else 0 for part in host.split("."))
        return (len(parts) == 1, parts, host, int(port) if port.isdigit() else 0)
    return (agent.risk.rank, agent.pid or 0, agent.location, agent.name)


def label_of(agent: DiscoveredAgent) -> str:
    """Return frameworks and provider in one text, such as `MCP + OpenAI`."""
    labels = list(agent.frameworks)
    if agent.provider is not None and not any(label.startswith(agent.provider) for label in labels):
        labels.append(agent.provider)
    return " + ".join(labels) or "unknown framework"


def summary_of(discovery: Discovery) -> str:
    """Return the number of agents, in all and of each level: `2 agents found · 1 HIGH · 1 LOW`."""
    counted = discovery.counted()
    levels = [(risk, sum(agent.risk is risk for agent in counted)) for risk in Risk]
    known = len(discovery.agents) - len(counted)
    parts = [f"{_count(len(discovery.agents), 'agent')} found"]
    parts += [f"{count} {risk.value}" for risk, count in levels if count]
    parts += [f"{known} known"] if known else []
    return " · ".join(parts)


def _box(discovery: Discovery) -> Iterator[str]:
    rows = ["AgentSentinel — Discover", f"Scanning: {safe(' · '.join(discovery.vectors), 110) or 'nothing'}"]
    columns = max(_BOX, *(width(row) + 4 for row in rows))
    yield f"╭{'─' * columns}╮"
    for row in rows:
        yield f"│  {padded(row, columns - 2)}│"
    yield f"╰{'─' * columns}╯"


def _heading(source: str) -> str:
    head = f"  {source.upper()} SCAN "
    return head + "─" * (_RULE - len(head))


def _block(agent: DiscoveredAgent, style: Style) -> Iterator[str]:
    level = style.paint(f"{agent.risk.value:<8}", _COLORS[agent.risk])
    room = style.columns - 16
    location = clipped(agent.location, room)
    about = _about(agent, room)
    fits = max(_BEFORE_LOCATION, width(about)) + 3 + width(location) <= room
    line = f"{padded(about, _BEFORE_LOCATION)}   {location}" if fits else about
    yield f"  {_ICONS[agent.risk]}  {level}  {line}"
    if not fits:
        yield _INDENT + location
    for key in agent.api_keys[:_MOST_KEYS]:
        yield from _wrapped(f"⚠  API key exposed: {safe(key.shown, 200)}", style)
    if len(agent.api_keys) > _MOST_KEYS:
        yield f"{_INDENT}⚠  and {len(agent.api_keys) - _MOST_KEYS} more"
    if agent.model:
        yield from _wrapped(f"Model: {safe(agent.model)}", style)
    yield from _wrapped(safe(agent.risk_reason, 300), style)
    others = [each for each in agent.findings if each.message != agent.risk_reason]
    shown = len(others) if style.is_verbose else _MOST_FINDINGS
    for finding in others[:shown]:
        yield from _wrapped(f"· {finding.rule_id}: {safe(finding.message, 300)}", style, hanging="  ")
    if len(others) > shown:
        yield f"{_INDENT}· and {len(others) - shown} more; --verbose shows all"
    if agent.known_as is not None:
        yield from _wrapped(f"known: {safe(agent.known_as, 300)}", style)
    if style.is_verbose:
        yield from _details(agent, style)
    if agent.next_step:
        yield from _wrapped(f"→ {safe(agent.next_step, 400)}", style, hanging="  ")


def _about(agent: DiscoveredAgent, room: int) -> str:
    label = clipped(label_of(agent), min(60, room // 2))
    name = clipped(agent.name, room - width(label) - 2)
    return f"{padded(name, _NAME)}  {label}"


def _details(agent: DiscoveredAgent, style: Style) -> Iterator[str]:
    rows = {
        "listens on": ", ".join(agent.endpoints),
        "authentication": None if agent.requires_auth is None else "required" if agent.requires_auth else "none",
        "transport": agent.transport,
        "connected to": ", ".join(agent.live_connections),
        "tools": ", ".join(f"{tool.name} ({tool.scope})" for tool in agent.tools[:20]),
        "script": agent.script,
        "container": agent.container,
        "parent": agent.parent,
        "children": ", ".join(agent.children),
    }
    for name, value in rows.items():
        if value:
            yield from _wrapped(f"{name}: {safe(value, 400)}", style, hanging="  ", color="2")
    for evidence in agent.evidence:
        yield from _wrapped(f"· {safe(evidence, 400)}", style, hanging="  ", color="2")


def _wrapped(text: str, style: Style, *, hanging: str = "", color: str = "") -> Iterator[str]:
    lines = textwrap.wrap(
        text, style.columns - len(_INDENT), break_on_hyphens=False, subsequent_indent=hanging, drop_whitespace=True
    )
    for line in lines:
        yield _INDENT + (style.paint(line, color) if color else line)


def _summary(discovery: Discovery, style: Style) -> Iterator[str]:
    yield f"  {'─' * (_RULE - 2)}"
    yield f"  {summary_of(discovery)}"
    if discovery.is_partial:
        yield "  Interrupted: this is what was found until then."
    exposed = sum(bool(agent.api_keys) for agent in discovery.counted())
    if exposed:
        yield ""
        have = "has" if exposed == 1 else "have"
        yield f"  ⚠  {_count(exposed, 'agent')} {have} an API key exposed in the environment."
        yield "  Exposed keys are visible to all processes on this host. Rotate them"
        yield "  and move to a secrets manager."
    if discovery.subnet is not None:
        stats = discovery.subnet
        yield ""
        hosts, ports = _count(stats.hosts, "host"), _count(stats.open_ports, "open port")
        yield f"  Subnet scan: {stats.network} — {hosts} · {ports} · {stats.seconds:.1f}s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
