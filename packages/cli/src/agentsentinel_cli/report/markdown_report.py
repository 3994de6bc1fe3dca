"""The Markdown report, for a comment on a pull request or a job summary."""

from collections.abc import Iterator

from agentsentinel_cli.report.words import TITLES, filtered, left_out, safe, suppressions, where
from agentsentinel_cli.scan.report_model import ScanFinding, ScannedAgent, ScanResult
from agentsentinel_core.findings import Severity

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|~!"})


def render(result: ScanResult) -> str:
    """Return the Markdown report of a scan, agents with the lowest score first."""
    lines = [f"## {TITLES[result.command]}", "", _summary(result), ""]
    for agent in sorted(result.agents, key=lambda agent: (agent.score, agent.path, agent.name)):
        lines += _agent(agent)
    if result.skipped:
        lines += ["### Not read", ""]
        lines += [f"- {escaped(entry.path)}: {escaped(entry.reason)}" for entry in result.skipped]
        lines.append("")
    return "\n".join(lines) + "\n"


def _summary(result: ScanResult) -> str:
    counted = [finding for finding in result.findings() if finding.counts]
    levels = ", ".join(
        f"{sum(finding.severity is level for finding in counted)} {level.value}"
        for level in Severity
        if any(finding.severity is level for finding in counted)
    )
    what = f"**{len(counted)} findings** ({levels})" if counted else "**No findings**"
    suppressed = suppressions(finding.suppression for finding in result.findings())
    hidden = f", and **suppressed**: {escaped(suppressed)}," if suppressed else ""
    noun = "file" if result.command == "scan" else "server"
    unread = f" {len(result.skipped)} not read." if result.skipped else ""
    apart = f" Left out: {left_out(result.left_out)}." if result.left_out else ""
    kept = f" Filtered: {filtered(result.filtered)}." if result.filtered else ""
    return f"{what}{hidden} in {result.files_read} {noun}{'' if result.files_read == 1 else 's'}.{unread}{apart}{kept}"


def _agent(agent: ScannedAgent) -> Iterator[str]:
    place = where(agent.path, agent.place.line) if agent.place is not None else agent.path
    yield f"### {escaped(agent.name)}: {agent.score:.0f}/100 {agent.status}"
    yield ""
    yield f"{escaped(place)}"
    yield ""
    if agent.findings:
        yield "| Severity | Rule | What | Where |"
        yield "|---|---|---|---|"
        for finding in agent.findings:
            at = finding.locations[0]
            note = " (suppressed)" if finding.suppression is not None else ""
            yield (
                f"| {finding.severity.value} | {_rule(finding)}{note} | {escaped(finding.message)} "
                f"{escaped(finding.detail)} | {escaped(where(at.path, at.place.line))} |"
            )
        yield ""
    if agent.tools:
        yield f"<details><summary>{len(agent.tools)} tools</summary>"
        yield ""
        yield "| Tool | Scope | Dangerous | Where |"
        yield "|---|---|---|---|"
        for tool in agent.tools:
            found = tool.tool_class
            danger = "yes" if found.is_dangerous else ""
            place = where(tool.path, tool.place.line)
            yield f"| {escaped(tool.shown)} | {found.scope.value} | {danger} | {escaped(place)} |"
        yield ""
        yield "</details>"
        yield ""


def _rule(finding: ScanFinding) -> str:
    """Return the rule's id with a link to its page, or with the command that shows it when there is no page."""
    is_address = finding.docs.startswith("http")
    return f"[{finding.rule_id}]({finding.docs})" if is_address else f"{finding.rule_id} (`{finding.docs}`)"


def escaped(text: str) -> str:
    """Return the text on one line, with Markdown's and HTML's special characters escaped."""
    return safe(text, 300).translate(_SPECIAL)
