"""The text report for terminals: one agent with all that is known about it, or many with what is wrong with them."""

from collections.abc import Iterator, Sequence

from agentsentinel_cli.report.code_frame import code_frames
from agentsentinel_cli.report.style import BAND_COLORS, COLORS, Style, wrapped
from agentsentinel_cli.report.words import TITLES, clipped, filtered, left_out, padded, safe, where, width
from agentsentinel_cli.scan.excerpts import MOST_EXCERPTS
from agentsentinel_cli.scan.report_model import ScanFinding, ScannedAgent, ScannedGrant, ScannedTool, ScanResult
from agentsentinel_core.findings import Severity

_BOX = 45
_BAR = 20
_INDENT = " " * 13
_SAFEGUARDS = {"approval": "a person approves", "rate-limit": "limited"}


def text_report(result: ScanResult, style: Style) -> str:
    """Return the complete text report of a scan.

    One agent, or one named file, is shown with its tools, and so is each agent with `--verbose`. Of many agents, the
    findings are shown, the agent with the lowest score first, and a line for each agent at the end.
    """
    agents = sorted(result.agents, key=lambda agent: (agent.score, agent.path, agent.place.line if agent.place else 0))
    is_detailed = result.is_one_file or len(agents) < 2 or style.is_verbose
    lines = [
        *_box(result, style),
        *(_detailed(agents, result, style) if is_detailed else _brief(agents, result, style)),
        *_live(result, style),
        "",
        *_summary(result, style),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _detailed(agents: Sequence[ScannedAgent], result: ScanResult, style: Style) -> Iterator[str]:
    is_one_file = len(agents) == 1 and result.is_one_file
    for agent in agents:
        if not is_one_file:
            yield ""
            yield from _heading(agent, result, style)
            yield f"  {'═' * (style.columns - 4)}"
        yield from _block(agent, result, style, is_one_file=is_one_file)


def _brief(agents: Sequence[ScannedAgent], result: ScanResult, style: Style) -> Iterator[str]:
    for agent in agents:
        if agent.findings:
            yield ""
            yield from _heading(agent, result, style)
        for finding in _in_order(agent):
            yield ""
            yield from _brief_finding(finding, result, style)
    yield from _fixes(result, style)
    yield from _agents(agents, style)


def _box(result: ScanResult, style: Style) -> Iterator[str]:
    target = ", ".join(safe(target) for target in result.targets[:3])
    if len(result.targets) > 3:
        target += f" and {len(result.targets) - 3} more"
    rows = [TITLES[result.command], *wrapped(f"Target: {target}", style, "", most=style.columns - 6, hanging="  ")]
    columns = max(_BOX, *(width(row) + 4 for row in rows))
    yield f"╭{'─' * columns}╮"
    for row in rows:
        yield f"│  {padded(row, columns - 2)}│"
    yield f"╰{'─' * columns}╯"


def _heading(agent: ScannedAgent, result: ScanResult, style: Style) -> Iterator[str]:
    about = [safe(text, 40) for text in (agent.framework, agent.model) if text]
    known = f"  ({', '.join(about)})" if about else ""
    if agent.place is None:
        yield f"  Tools of {style.link(style.paint(safe(agent.path, 400), '1'), agent.path)}{known}"
        return
    noun = "MCP server" if result.command == "mcp scan" else "Agent"
    yield f"  {noun} {style.paint(safe(agent.name, 60), '1')}{known}"
    yield f"  {_place(agent.path, agent.place.line, style)}"


def _place(path: str, line: int, style: Style) -> str:
    return style.link(style.paint(where(path, line), "2"), path)


def _block(agent: ScannedAgent, result: ScanResult, style: Style, *, is_one_file: bool) -> Iterator[str]:
    if agent.description and not is_one_file:
        first = safe(" ".join(agent.description.split()), style.columns - 6)
        yield f"  {style.paint(first, '2')}"
    if agent.tools or agent.grants:
        yield ""
        yield from _table(agent, style)
    for server in agent.servers:
        yield f"  MCP server {safe(server.name, 40)}: {safe(server.target, style.columns - 20)}"
    for finding in _in_order(agent):
        yield ""
        yield from _finding(finding, result, style)
    yield ""
    yield _score(agent, style)


def _in_order(agent: ScannedAgent) -> list[ScanFinding]:
    """Return the findings of an agent, suppressed ones last."""
    return sorted(agent.findings, key=lambda finding: finding.suppression is not None)


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
                yield from wrapped(f"· {safe(reason, 400)}", style, "           ", hanging="  ")
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


def _finding(finding: ScanFinding, result: ScanResult, style: Style) -> Iterator[str]:
    if finding.severity is Severity.LOW and finding.suppression is None:
        yield _one_line(finding, finding.message, style)
        return
    yield _head(finding, style)
    yield from _what(finding, style)
    yield from code_frames(finding, result, style, _INDENT, MOST_EXCERPTS)
    if finding.suppression is None:
        yield from wrapped(f"→ {finding.fix}", style, _INDENT, hanging="  ")
    else:
        yield from wrapped(f"{_suppressed(finding)}; it still costs its points", style, _INDENT)


def _brief_finding(finding: ScanFinding, result: ScanResult, style: Style) -> Iterator[str]:
    """Yield a finding among those of many agents: with one place, and without the fix, which stands at the end."""
    if finding.suppression is not None:
        yield _one_line(finding, _suppressed(finding), style)
    elif finding.severity is Severity.LOW:
        yield _one_line(finding, finding.message, style)
    else:
        yield _head(finding, style)
        yield from _what(finding, style)
        yield from code_frames(finding, result, style, _INDENT, 1)


def _what(finding: ScanFinding, style: Style) -> Iterator[str]:
    yield from wrapped(safe(finding.message, 600), style, _INDENT)
    if finding.detail.partition(": ")[2] not in finding.message:
        yield from wrapped(safe(finding.detail, 600), style, _INDENT)


def _suppressed(finding: ScanFinding) -> str:
    if finding.suppression is None:
        return ""
    reason = safe(finding.suppression.reason) or "no reason given"
    return f"suppressed ({reason}; {safe(finding.suppression.where)})"


def _head(finding: ScanFinding, style: Style) -> str:
    level = style.paint(f"{finding.severity.value:<8}", COLORS[finding.severity.value])
    sure = "" if finding.confidence == "high" else f"  ({finding.confidence} confidence)"
    return f"  {style.paint('●', COLORS[finding.severity.value])} {level}  {style.paint(finding.rule_id, '1')}{sure}"


def _one_line(finding: ScanFinding, text: str, style: Style) -> str:
    """Return a finding in one line, such as one of low severity; `sentinel explain` has the rest."""
    plain = Style(has_color=False, columns=style.columns, is_verbose=False)
    return f"{_head(finding, style)}  {clipped(text, max(20, style.columns - 2 - width(_head(finding, plain))))}"


def _fixes(result: ScanResult, style: Style) -> Iterator[str]:
    """Yield what to do about each rule that has findings, once, the worst first."""
    counted = sorted(
        (finding for finding in result.findings() if finding.counts),
        key=lambda finding: (-finding.severity.rank, finding.rule_id),
    )
    fixes = {finding.rule_id: finding.fix for finding in counted}
    if fixes:
        yield ""
        yield "  What to do"
        yield f"  {'─' * 41}"
    for rule_id, fix in fixes.items():
        yield from wrapped(f"{rule_id} → {fix}", style, "  ", hanging="  ")


def _agents(agents: Sequence[ScannedAgent], style: Style) -> Iterator[str]:
    """Yield a line for each agent: score, trust band, number of findings, name, place."""
    yield ""
    yield "  Score  Status    Findings  Agent"
    yield f"  {'─' * 41}"
    for agent in agents:
        status = style.paint(f"{agent.status:<8}", BAND_COLORS[agent.status])
        if agent.place is None:
            name = f"Tools of {style.link(safe(agent.path, 400), agent.path)}"
        else:
            name = f"{safe(agent.name, 40)}  {_place(agent.path, agent.place.line, style)}"
        yield f"  {agent.score:>5.0f}  {status}  {len(agent.findings) or '·':>8}  {name}"


def _score(agent: ScannedAgent, style: Style) -> str:
    filled = int(agent.score // 5)
    bar = "█" * filled + "░" * (_BAR - filled)
    color = BAND_COLORS[agent.status]
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
            yield from wrapped(f"{heading}: {listed}", style, "    ", hanging="  ")


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
    yield from wrapped(" · ".join(parts), style, "  ")
    if not result.files_read:
        yield "  Nothing could be scanned, so nothing is known to be safe."
    elif not result.agents:
        yield "  No tools, agents or credentials were found."
    elif counted:
        worst = max(counted, key=lambda finding: finding.severity.rank)
        yield f"  → sentinel explain {worst.rule_id}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
