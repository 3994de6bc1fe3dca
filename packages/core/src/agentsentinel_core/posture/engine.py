"""Evaluation of posture rules on one agent."""

from collections.abc import Sequence
from datetime import datetime

from agentsentinel_core.agents import AgentProfile, EvidenceKind
from agentsentinel_core.findings import Finding, NotEvaluated
from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.posture.registry import RULES
from agentsentinel_core.posture.rule import Rule
from agentsentinel_core.posture.score import posture_score


@dataclass(frozen=True, slots=True)
class PostureReport:
    """Result of evaluating rules on one agent."""

    findings: tuple[Finding, ...]
    """Findings, at most one for each rule; worst first, then in the order of the rules."""
    not_evaluated: tuple[NotEvaluated, ...]
    """Rules without enough evidence, in their order. They subtract no points, but the agent has not passed them."""
    score: float
    """Posture score, 0.0 to 100.0, higher is safer."""


def evaluate(profile: AgentProfile, now: datetime, rules: Sequence[Rule] = RULES) -> PostureReport:
    """Evaluate every rule on a profile. Raises ValueError when `now` has no time zone."""
    if now.tzinfo is None:
        msg = f"now must be timezone-aware, got {now!r}"
        raise ValueError(msg)
    findings: list[Finding] = []
    open_questions: list[NotEvaluated] = []
    for rule in rules:
        missing = rule.missing(profile)
        finding = None if missing else rule.check(profile, now)
        if finding is not None:
            findings.append(finding)
        elif gaps := missing or rule.unanswered(profile):
            open_questions.append(_not_evaluated(rule, gaps))
    findings.sort(key=lambda finding: -finding.severity.rank)
    return PostureReport(tuple(findings), tuple(open_questions), posture_score(findings))


def _not_evaluated(rule: Rule, gaps: tuple[EvidenceKind, ...]) -> NotEvaluated:
    kinds = " and ".join(kind.value for kind in gaps)
    return NotEvaluated(rule.id, gaps, f"{rule.id} was not evaluated: the agent's {kinds} could not be looked at.")
