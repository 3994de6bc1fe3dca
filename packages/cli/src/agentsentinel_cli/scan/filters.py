"""Filters of a report: which findings are shown and counted for the gate. Scores are those of all findings."""

from collections.abc import Callable, Iterable, Sequence

from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.git_diff import ChangedLines, with_decorators
from agentsentinel_cli.scan.globs import Glob
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import ScanFinding, ScannedAgent, ScanResult
from agentsentinel_core.light_dataclasses import dataclass

_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Filters:
    """What a report is limited to; an empty filter lets everything pass."""

    severities: tuple[str, ...] = ()
    """Exactly these levels, in capitals."""
    rules: tuple[str, ...] = ()
    """Only these rules."""
    disabled_rules: tuple[str, ...] = ()
    """All but these rules."""
    agents: tuple[str, ...] = ()
    """Globs for the names of agents, and for the paths of files whose tools no agent holds."""
    changed: ChangedLines | None = None
    """Only findings that these lines touch; None for all."""


Read = Callable[[str], bytes | None]
"""Reader of a scanned file by its path; None when it has gone."""


def check_rules(rules: Iterable[str], origin: str) -> None:
    """Raise RequestError for an id that is not a rule of this scan; `origin` is the option or key it comes from."""
    rules = list(rules)
    if not rules:
        return
    from agentsentinel_core.posture.registry import SCAN_RULES

    known = sorted(rule.id for rule in SCAN_RULES)
    for rule in rules:
        if rule not in known:
            raise RequestError(f"{origin}: {rule!a} is not a rule of this scan; there are {', '.join(known)}")


def narrow(result: ScanResult, filters: Filters, read: Read) -> None:
    """Remove the agents and findings that the filters exclude, and count the removed findings in `result.filtered`.

    Raises RequestError for a pattern that matches no agent.
    """
    if filters.agents:
        _keep_agents(result, filters.agents)
    touched = _Touched(filters.changed, read) if filters.changed is not None else None
    for agent in result.agents:
        kept: list[ScanFinding] = []
        for finding in agent.findings:
            kind = _filter_of(finding, filters) or ("since" if touched and not touched.holds(agent, finding) else None)
            if kind is None:
                kept.append(finding)
            else:
                result.filtered[kind] = result.filtered.get(kind, 0) + 1
        agent.findings = kept


def _keep_agents(result: ScanResult, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        if not any(_is_named(agent, pattern) for agent in result.agents):
            raise RequestError(f"--agent: no agent matches {pattern!a}; {_listed(result.agents)}")
    kept = [agent for agent in result.agents if any(_is_named(agent, pattern) for pattern in patterns)]
    removed = len(result.findings()) - sum(len(agent.findings) for agent in kept)
    result.agents = kept
    if removed:
        result.filtered["agent"] = removed


def _is_named(agent: ScannedAgent, pattern: str) -> bool:
    name = label(agent)
    return name == pattern or Glob(pattern).fullmatch(name)


def label(agent: ScannedAgent) -> str:
    """Return the name of an agent, or the path of a file whose tools no agent holds."""
    return agent.name if agent.place is not None else agent.path


def _listed(agents: Iterable[ScannedAgent]) -> str:
    names = sorted({label(agent) for agent in agents})
    if not names:
        return "none was found"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"there are {', '.join(ascii(name[:80]) for name in names[:_MOST_NAMES])}{more}"


def _filter_of(finding: ScanFinding, filters: Filters) -> str | None:
    if finding.rule_id in filters.disabled_rules or (filters.rules and finding.rule_id not in filters.rules):
        return "rule"
    if filters.severities and finding.severity.value not in filters.severities:
        return "severity"
    return None


class _Touched:
    """Findings of which a changed line is part: of a place of the evidence, or of where the agent is built."""

    def __init__(self, changed: ChangedLines, read: Read) -> None:
        self._changed = changed
        self._read = read
        self._lines: dict[str, list[bytes]] = {}

    def holds(self, agent: ScannedAgent, finding: ScanFinding) -> bool:
        """Tell whether the changes touch a finding of an agent."""
        # A tool of the same file that is added to an agent has its place where it is defined, which need not change.
        home = [(agent.path, agent.place)] if agent.place is not None else []
        places = [*home, *((at.path, at.place) for at in finding.locations)]
        return any(self._is_changed(path, place) for path, place in places)

    def _is_changed(self, path: str, place: Place) -> bool:
        last = max(place.line, place.end_line or 0)
        if self._changed.touch(path, place.line, last):
            return True
        return self._changed.touch(path, with_decorators(self._lines_of(path), place.line), last)

    def _lines_of(self, path: str) -> list[bytes]:
        if path not in self._lines:
            self._lines[path] = (self._read(path) or b"").splitlines()
        return self._lines[path]
