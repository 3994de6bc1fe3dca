"""What changed in a score over a span of time, and the points that each part of it cost or gained."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agentsentinel.scores.repository import FindingMove, ScoreSpan
from agentsentinel.session_risk.schemas import RiskReasonOut
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import ruleset
from agentsentinel_core.trust.score import BEHAVIOR_WEIGHT, POSTURE_WEIGHT

TITLES = {rule.id: rule.title for rule in ruleset("all")}
LEAST = 0.005
"""Change of a score below which it is none: scores have two decimals."""


class PartChangeOut(BaseModel):
    """What one part of the Trust Score did to it."""

    part: Literal["posture", "behavior", "recency"]
    before: float = Field(description="Value of the part when the time begins")
    after: float
    points: float = Field(description="Points of the Trust Score that it gained; below 0, what it cost")


class FindingChangeOut(BaseModel):
    """A finding that came or went in the time."""

    rule_id: str
    title: str
    severity: Severity
    opened: int = Field(description="How often it opened in the time")
    resolved: int
    last_at: datetime


class WorstSessionOut(BaseModel):
    """The session that stood out most in the time."""

    id: UUID
    session_id: str | None = Field(description="Id that the client gave; null without one")
    started_at: datetime
    ended_at: datetime
    risk: float
    max_anomaly_score: float
    is_alarm: bool
    reasons: list[RiskReasonOut]


class ScoreChangesOut(BaseModel):
    """What changed in a score over a span of time. The points of the parts add up to `points`."""

    since: datetime
    until: datetime
    before: float | None = Field(description="The score when the time begins, or the first one in it; null without any")
    after: float | None
    points: float
    parts: list[PartChangeOut] = Field(description="Parts that moved it, what cost most first")
    findings: list[FindingChangeOut] = Field(
        description="Findings that came or went, the worst first: they move posture"
    )
    worst_session: WorstSessionOut | None = Field(description="What moved behaviour: its riskiest session in the time")
    summary: str = Field(description="The same in one sentence")


class MoverOut(BaseModel):
    """An agent whose score has moved in the time."""

    agent_id: UUID
    name: str
    owner_team: str
    before: float
    after: float
    points: float
    parts: list[PartChangeOut]
    summary: str


PARTS = {"posture": "posture", "behavior": "behaviour", "recency": "recency"}


def find_parts(span: ScoreSpan) -> list[PartChangeOut]:
    """List the parts that moved a score, what cost most first."""
    moves: tuple[tuple[Literal["posture", "behavior", "recency"], float, float, float], ...] = (
        ("posture", POSTURE_WEIGHT, span.posture_before, span.posture_after),
        ("behavior", BEHAVIOR_WEIGHT, span.behavior_before, span.behavior_after),
        ("recency", 1.0, span.recency_before, span.recency_after),
    )
    parts = [
        PartChangeOut(part=part, before=before, after=after, points=round(weight * (after - before), 2))
        for part, weight, before, after in moves
        if abs(weight * (after - before)) >= LEAST
    ]
    return sorted(parts, key=lambda part: part.points)


def describe_findings(moves: Sequence[FindingMove]) -> list[FindingChangeOut]:
    """Describe the findings that came or went, the worst first."""
    ranks = list(Severity)
    found = [
        FindingChangeOut(
            rule_id=move.rule_id,
            title=TITLES.get(move.rule_id, move.rule_id),
            severity=Severity(move.severity),
            opened=move.opened,
            resolved=move.resolved,
            last_at=move.last_at,
        )
        for move in moves
    ]
    return sorted(found, key=lambda one: (ranks.index(one.severity), one.rule_id))


def summarize(
    before: float, after: float, parts: Sequence[PartChangeOut], findings: Sequence[FindingChangeOut] = ()
) -> str:
    """Say in one sentence what changed, with the points of each part and the findings behind posture."""
    if not parts and not findings:
        return f"Unchanged at {after:.1f}"
    change = round(after - before, 2)
    said = [f"{PARTS[part.part]} {_signed(part.points)}{_reasons(part, findings)}" for part in parts]
    if not said:
        return f"Unchanged at {after:.1f}; {_names(findings)}"
    return f"{_signed(change)} to {after:.1f}: {', '.join(said)}"


def _reasons(part: PartChangeOut, findings: Sequence[FindingChangeOut]) -> str:
    return f" ({_names(findings)})" if part.part == "posture" and findings else ""


def _names(findings: Sequence[FindingChangeOut], most: int = 3) -> str:
    words = [f"{one.title} {_fate(one)}" for one in findings[:most]]
    return "; ".join([*words, *([f"{len(findings) - most} more"] if len(findings) > most else [])])


def _fate(finding: FindingChangeOut) -> str:
    if finding.opened == finding.resolved:
        return "came and went"
    return "opened" if finding.opened > finding.resolved else "resolved"


def _signed(points: float) -> str:
    return f"{'+' if points > 0 else '−' if points < 0 else '±'}{abs(points):.4g}"  # noqa: RUF001
