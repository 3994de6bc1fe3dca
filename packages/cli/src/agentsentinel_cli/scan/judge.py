"""Evaluation of scanned agents by the rules of core, with the source locations of every finding."""

from collections.abc import Iterable
from datetime import datetime

from agentsentinel_cli.docs import reference_of
from agentsentinel_cli.scan.catalog.hosted import OWN_SANDBOXES, PROVIDER_SANDBOXES
from agentsentinel_cli.scan.classification import VERSION
from agentsentinel_cli.scan.fingerprints import fingerprint
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, ScannedGrant, ScannedTool
from agentsentinel_core.agents import (
    AgentProfile,
    EvidenceKind,
    HardcodedSecret,
    MCPConnection,
    PoisonedText,
    ToolGrant,
)
from agentsentinel_core.findings import Finding
from agentsentinel_core.posture.address import parse
from agentsentinel_core.posture.engine import PostureReport, evaluate
from agentsentinel_core.posture.registry import CATALOGUE, SCAN_RULES, TOOL_SCAN_RULES
from agentsentinel_core.tools.effects import EffectKind
from agentsentinel_core.trust.bands import trust_band

EVIDENCE = frozenset(
    {
        EvidenceKind.DESCRIPTION,
        EvidenceKind.GRANTS,
        EvidenceKind.CONNECTIONS,
        EvidenceKind.SOURCE,
        EvidenceKind.DEFINITIONS,
    }
)
"""Kinds of evidence that source code provides; usage is not among them."""
_RULES = {rule.id: rule for rule in CATALOGUE}


def judge(agent: ScannedAgent, now: datetime) -> None:
    """Evaluate the scan rules on an agent, or on a file's tools, and set its findings, score and status."""
    record(agent, evaluate(profile_of(agent), now, SCAN_RULES if agent.is_agent else TOOL_SCAN_RULES))


def record(agent: ScannedAgent, report: PostureReport) -> None:
    """Set an agent's findings, with their locations, its score and its status."""
    agent.findings = [_finding(agent, found) for found in report.findings]
    agent.score = report.score
    agent.status = trust_band(report.score).value


def profile_of(agent: ScannedAgent) -> AgentProfile:
    """Convert a scanned agent to the profile that the rules of core evaluate."""
    granted = [_granted(agent, tool.shown, tool) for tool in agent.tools]
    granted += [_granted(agent, grant.name, grant) for grant in agent.grants if grant.tool_class]
    return AgentProfile(
        description=agent.description,
        is_purpose_own=agent.is_purpose_own,
        grants=tuple(granted),
        connections=tuple(MCPConnection(server.name, server.target) for server in agent.servers),
        secrets=tuple(HardcodedSecret(provider, masked, sure) for _, provider, masked, sure in agent.secrets),
        poison=tuple(PoisonedText(tool, kind, excerpt) for _, tool, kind, excerpt in agent.poison),
        code_executors=tuple(sorted({where.note for where in agent.executors})),
        tools_of=None if agent.is_agent else agent.path,
        evidence=EVIDENCE,
    )


def _granted(agent: ScannedAgent, name: str, entry: ScannedTool | ScannedGrant) -> ToolGrant:
    guards = {safeguard.guard for safeguard in agent.safeguards_of(entry)}
    return ToolGrant(
        name,
        needs_approval=EffectKind.APPROVAL in guards,
        is_limited=EffectKind.RATE_LIMIT in guards,
        known_class=entry.tool_class,
        runs_at_provider=isinstance(entry, ScannedGrant)
        and agent.framework not in OWN_SANDBOXES
        and VERSION.sub("", name) in PROVIDER_SANDBOXES,
    )


def _finding(agent: ScannedAgent, found: Finding) -> ScanFinding:
    rule = _RULES[found.rule_id]
    return ScanFinding(
        rule_id=found.rule_id,
        severity=found.severity,
        title=found.title,
        message=found.message,
        detail=found.detail,
        evidence=found.evidence,
        confidence="high" if _is_sure(agent, found) else "medium",
        locations=tuple(_locations(agent, found.evidence)) or (_home(agent),),
        fix=rule.remediation,
        docs=reference_of(rule.id, rule.slug),
        references=rule.references,
        fingerprint=fingerprint(agent, found),
    )


def _locations(agent: ScannedAgent, evidence: Iterable[str]) -> list[Location]:
    """Return every location of the evidence once: first where the agent gets it, then the rest, by path and line."""
    places: list[Location] = []
    for item in evidence:
        kind, _, value = item.partition(":")
        if kind == "tool":
            defined = [tool for tool in agent.tools if tool.shown == value]
            places += [grant for tool in defined if (grant := agent.grant_of(tool)) is not None]
            places += [Location(tool.path, tool.place, f"tool {tool.shown}") for tool in defined]
            places += [Location(g.path, g.place, f"grant {g.name}") for g in agent.grants if g.name == value]
        elif kind == "secret":
            places += [where for where, provider, masked, _ in agent.secrets if value == f"{provider}:{masked}"]
        elif kind == "poison":
            places += [where for where, tool, how, _ in agent.poison if value == f"{how}:{tool}"]
        elif kind == "connection":
            served = [server for server in agent.servers if parse(server.target).shown == value]
            places += [Location(agent.path, server.place, f"MCP server {server.name}") for server in served]
        elif kind == "executor":
            places += [where for where in agent.executors if where.note == value]
    unique = {(where.path, where.place.line, where.place.column, where.note): where for where in places}
    return [unique[key] for key in sorted(unique, key=lambda key: (not key[3].startswith("grant "), *key))]


def _home(agent: ScannedAgent) -> Location:
    from agentsentinel_cli.scan.model import Place

    return Location(agent.path, agent.place or Place(1))


def _is_sure(agent: ScannedAgent, found: Finding) -> bool:
    unsure = {f"tool:{tool.shown}" for tool in agent.tools if not tool.is_sure}
    unsure |= {f"tool:{grant.name}" for grant in agent.grants}
    unsure |= {f"secret:{provider}:{masked}" for _, provider, masked, sure in agent.secrets if not sure}
    unsure |= {f"poison:{kind}:{tool}" for _, tool, kind, _ in agent.poison if kind != "invisible-unicode"}
    return unsure.isdisjoint(found.evidence)
