"""The text report for terminals: one block for each agent, lowest score first, with locations and next steps."""

from collections.abc import Iterator

from agentsentinel_cli.report.words import TITLES, filtered, left_out, padded, safe, where, width
from agentsentinel_cli.scan.report_model import ScanFinding, ScannedAgent, ScannedGrant, ScannedTool, ScanResult
from agentsentinel_core.findings import Severity
from agentsentinel_core.light_dataclasses import dataclass

_BOX = 45
_BAR = 20
_MOST_PLACES = 4
_SAFEGUARDS = {"approval": "a person approves", "rate-limit": "limited"}
_COLORS = {"CRITICAL": "1;31", "HIGH": "31", "MEDIUM": "33", "LOW": "36"}
_BAND_COLORS = {"TRUSTED": "32", "WATCH": "33", "ALERT": "33", "CRITICAL": "1;31"}


@dataclass(frozen=True, slots=True)
class Style:
    """Layout options of the text report."""

    has_color: bool
    columns: int
    """Width in terminal columns, 60 to 120."""
    is_verbose: bool

    def paint(self, text: str, code: str) -> str:
        """Return the text in an ANSI colour, or unchanged without colours. Colour never carries meaning alone."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_color else text


def text_report(result: ScanResult, style: Style) -> str:
    """Return the complete text report of a scan."""
    lines = [*_box(result, style)]
    agents = sorted(result.agents, key=lambda agent: (agent.score, agent.path, agent.place.line if agent.place else 0))
    is_one_file = len(agents) == 1 and result.is_one_file
    for agent in agents:
        lines.append("")
        if not is_one_file:
            lines += _heading(agent, style, "MCP server" if result.command == "mcp scan" else "Agent")
        lines += _block(agent, style, is_one_file=is_one_file)
    lines += _live(result, style)
    lines += ["", *_summary(result, style)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _box(result: ScanResult, style: Style) -> Iterator[str]:
    target = ", ".join(safe(target) for target in result.targets[:3])
    if len(result.targets) > 3:
        target += f" and {len(result.targets) - 3} more"
    rows = [TITLES[result.command], *_wrapped(f"Target: {target}", style, "", most=style.columns - 6, hanging="  ")]
    columns = max(_BOX, *(width(row) + 4 for row in rows))
    yield f"╭{'─' * columns}╮"
    for row in rows:
        yield f"│  {padded(row, columns - 2)}│"
    yield f"╰{'─' * columns}╯"


def _heading(agent: ScannedAgent, style: Style, noun: str) -> Iterator[str]:
    kind = noun if agent.place is not None else "Tools of"
    place = where(agent.path, agent.place.line) if agent.place is not None else safe(agent.path, 400)
    name = safe(agent.name, 60) if agent.place is not None else place
    about = [safe(text, 40) for text in (agent.framework, agent.model) if text]
    head = f"  {kind} {style.paint(name, '1')}" + (f"  ({', '.join(about)})" if about else "")
    yield head
    if agent.place is not None:
        yield f"  {style.paint(place, '2')}"
    yield f"  {'═' * (style.columns - 4)}"


def _block(agent: ScannedAgent, style: Style, *, is_one_file: bool) -> Iterator[str]:
    if agent.description and not is_one_file:
        first = safe(" ".join(agent.description.split()), style.columns - 6)
        yield f"  {style.paint(first, '2')}"
    if agent.tools or agent.grants:
        yield ""
        yield from _table(agent, style)
    for server in agent.servers:
        yield f"  MCP server {safe(server.name, 40)}: {safe(server.target, style.columns - 20)}"
    for finding in sorted(agent.findings, key=lambda finding: finding.suppression is not None):
        yield ""
        yield from _finding(finding, style)
    yield ""
    yield _score(agent, style)


def _table(agent: ScannedAgent, style: Style) -> Iterator[str]:
    tools = [(tool.tool_class.scope.value, tool.shown, _marks(tool), _home(agent, tool), tool) for tool in agent.tools]
    names = min(style.columns // 2 - 4, max([14, *(width(safe(name, 48)) for _, name, _, _, _ in tools)]))
    yield "  Scope    Tool"
    yield f"  {'─' * 41}"
    for scope, name, marks, place, tool in tools:
        shown = padded(safe(name, 48), names)
        flag = style.paint(padded(marks, 11), "31") if marks else " " * 11
        about = " · ".join(part for part in (place, *_safeguards(agent, tool)) if part)
        yield f"  {scope:<8} {shown}  {flag}  {style.paint(about, '2')}"
        if style.is_verbose:
            for reason in tool.tool_class.reasons:
                yield from _wrapped(f"· {safe(reason, 400)}", style, "           ", hanging="  ")
    for grant in agent.grants:
        about = " · ".join([_origin(grant), *_safeguards(agent, grant)])
        yield f"  {_scope(grant):<8} {padded(safe(grant.name, 48), names)}  {about}"


def _safeguards(agent: ScannedAgent, entry: ScannedTool | ScannedGrant) -> list[str]:
    kinds = {safeguard.guard for safeguard in agent.safeguards_of(entry)}
    return [text for kind, text in _SAFEGUARDS.items() if kind in kinds]


def _marks(tool: ScannedTool) -> str:
    return "⚠ dangerous" if tool.tool_class.is_dangerous else ""


def _home(agent: ScannedAgent, tool: ScannedTool) -> str:
    if tool.path == agent.path:
        return f"line {tool.place.line}" if tool.place.line else ""
    return where(tool.path, tool.place.line)


def _scope(grant: ScannedGrant) -> str:
    return grant.tool_class.scope.value if grant.tool_class is not None else "?"


def _origin(grant: ScannedGrant) -> str:
    danger = "⚠ dangerous  " if grant.tool_class is not None and grant.tool_class.is_dangerous else ""
    kind = {
        "imported": f"from {safe(grant.origin, 40)}",
        "hosted": "run by the provider or framework",
        "agent": "another agent",
        "dynamic": "known only at run time",
    }[grant.kind]
    return f"{danger}{kind}, line {grant.place.line}"


def _finding(finding: ScanFinding, style: Style) -> Iterator[str]:
    indent = " " * 13
    if finding.severity is Severity.LOW and finding.suppression is None:
        yield _brief(finding, style)
        return
    yield _head(finding, style)
    yield from _wrapped(safe(finding.message, 600), style, indent)
    if finding.detail.partition(": ")[2] not in finding.message:
        yield from _wrapped(safe(finding.detail, 600), style, indent)
    places = [where(at.path, at.place.line, at.place.column) for at in finding.locations if at.place.line]
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    if places:
        yield from _wrapped("at " + ", ".join(places[:_MOST_PLACES]) + more, style, indent, color="2")
    if finding.suppression is None:
        yield from _wrapped(f"→ {finding.fix}", style, indent, hanging="  ")
    else:
        reason = safe(finding.suppression.reason) or "no reason given"
        yield from _wrapped(
            f"suppressed ({reason}; {safe(finding.suppression.where)}); it still costs its points", style, indent
        )


def _head(finding: ScanFinding, style: Style) -> str:
    level = style.paint(f"{finding.severity.value:<8}", _COLORS[finding.severity.value])
    sure = "" if finding.confidence == "high" else f"  ({finding.confidence} confidence)"
    return f"  {style.paint('●', _COLORS[finding.severity.value])} {level}  {style.paint(finding.rule_id, '1')}{sure}"


def _brief(finding: ScanFinding, style: Style) -> str:
    """Return a finding of low severity in one line; `sentinel explain` has the rest."""
    columns = style.columns - len(finding.rule_id) - 16
    return f"{_head(finding, style)}  {safe(finding.message, columns)}"


def _wrapped(
    text: str, style: Style, indent: str, *, hanging: str = "", color: str = "", most: int | None = None
) -> Iterator[str]:
    columns = most or style.columns - len(indent)
    if width(text) <= columns:
        yield indent + (style.paint(text, color) if color else text)
        return
    import textwrap  # loaded only when a line needs wrapping

    lines = textwrap.wrap(text, columns, break_on_hyphens=False, subsequent_indent=hanging)
    for line in lines:
        yield indent + (style.paint(line, color) if color else line)


def _score(agent: ScannedAgent, style: Style) -> str:
    filled = int(agent.score // 5)
    bar = "█" * filled + "░" * (_BAR - filled)
    color = _BAND_COLORS[agent.status]
    return f"  Posture Score   {agent.score:.0f}/100  {style.paint(bar, color)}  {style.paint(agent.status, color)}"


def _live(result: ScanResult, style: Style) -> Iterator[str]:
    for live in result.live:
        facts = live["facts"]
        assert isinstance(facts, dict)  # noqa: S101 - built by scan.live
        yield ""
        yield f"  Live: {style.paint(safe(facts['name']), '1')}  Trust {facts['trust_score']}  {facts['status']}"
        yield f"    posture {facts['posture_score']} · behaviour {facts['behavior_score']}"
        for heading, key in (
            ("in code, never granted", "never_granted"),
            ("granted, not in code", "not_in_code"),
            ("granted, never called", "never_called"),
        ):
            names = facts[key]
            listed = ", ".join(safe(name, 60) for name in names) if names else "none"
            yield from _wrapped(f"{heading}: {listed}", style, "    ", hanging="  ")


def _summary(result: ScanResult, style: Style) -> Iterator[str]:
    findings = result.findings()
    counted = [finding for finding in findings if finding.counts]
    by_level = [
        f"{sum(finding.severity is level for finding in counted)} {level.value}"
        for level in Severity
        if any(finding.severity is level for finding in counted)
    ]
    tools = len({(tool.path, tool.place.line, tool.shown) for agent in result.agents for tool in agent.tools})
    agents = sum(agent.place is not None for agent in result.agents)
    is_of_files = result.command == "scan"
    parts = [
        _count(result.files_read, "file" if is_of_files else "server"),
        *([_count(agents, "agent")] if is_of_files else []),
        _count(tools, "tool"),
        _count(len(counted), "finding"),
        *by_level,
    ]
    suppressed = len(findings) - len(counted)
    parts += [f"{suppressed} suppressed"] if suppressed else []
    parts += [f"{len(result.skipped)} not read"] if result.skipped else []
    parts += [f"left out: {left_out(result.left_out)}"] if result.left_out else []
    parts += [f"filtered: {filtered(result.filtered)}"] if result.filtered else []
    yield f"  {'─' * (style.columns - 4)}"
    yield from _wrapped(" · ".join(parts), style, "  ")
    if not result.files_read:
        yield "  Nothing could be scanned, so nothing is known to be safe."
    elif not result.agents:
        yield "  No tools, agents or credentials were found."
    elif counted:
        worst = max(counted, key=lambda finding: finding.severity.rank)
        yield f"  → sentinel explain {worst.rule_id}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
