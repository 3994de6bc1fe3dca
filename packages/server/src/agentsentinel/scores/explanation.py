"""Explanation of a score: its arithmetic, and the changes that would raise it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from agentsentinel.scores.snapshot import Snapshot
from agentsentinel_core.agents import AgentProfile, ToolGrant
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.engine import evaluate
from agentsentinel_core.posture.rule import Rule
from agentsentinel_core.posture.score import POINTS
from agentsentinel_core.tools.classify import ToolClass
from agentsentinel_core.trust.bands import TrustBand
from agentsentinel_core.trust.score import (
    BEHAVIOR_WEIGHT,
    POSTURE_WEIGHT,
    RECENCY_EVENTS,
    RECENCY_POINTS,
    trust_score,
)

SUGGESTED_LIMIT = 60
"""Calls per hour of the rate limit that is tried; any limit has the same effect on the score."""
MOST_TRIED = 300
"""Grants, and connections, for which a single change is tried; bounds the work for huge agents."""

ALL_UNLIMITED = "every tool without one"

Action = Literal["remove_grant", "remove_capability", "set_rate_limit", "set_rate_limits", "remove_connection"]


class PartOut(BaseModel):
    """One part of the Trust Score: weight * value = points."""

    part: Literal["posture", "behavior", "recency"]
    weight: float
    value: float
    points: float = Field(description="Points that the part adds to the Trust Score")


class DeductionOut(BaseModel):
    """The points that one finding takes from the posture score."""

    rule_id: str
    severity: Severity
    title: str
    points: float = Field(description="Points of the posture score, of 100")


class ChangeOut(BaseModel):
    """The effect of one possible change on the score, all else unchanged."""

    action: Action
    target_id: UUID | None = Field(description="Id of the grant or connection; null for a change of several")
    target: str = Field(description="Name of the tool, capability or server")
    posture_score: float
    trust_score: float
    gain: float = Field(description="Points that the Trust Score would gain")
    resolves: list[str] = Field(description="Ids of the rules that would not fire any more")


class EffectOut(BaseModel):
    """The effect of a change on the score, all else unchanged."""

    trust_score: float
    posture_score: float
    gain: float = Field(description="Points that the Trust Score would gain; negative for a loss")
    resolves: list[str] = Field(description="Ids of the rules that would not fire any more")
    opens: list[str] = Field(description="Ids of the rules that would fire then")


class ExplanationOut(BaseModel):
    """A score with its arithmetic, and the changes that would raise it."""

    trust_score: float
    status: TrustBand
    parts: list[PartOut]
    deductions: list[DeductionOut]
    calls_in_window: int
    mean_anomaly: float | None = Field(description="Mean anomaly score of the calls, 0..1; null without calls")
    session_risk: float = Field(
        description="Decayed risk of the sessions above the alert line, 0..1; the behaviour score takes the larger"
        " one of it and the mean anomaly"
    )
    recent_events: int = Field(description="Events of the last hour, counted up to `recent_events_needed`")
    recent_events_needed: int
    changes: list[ChangeOut] = Field(description="Changes that would raise the score, best first")


def explain(snapshot: Snapshot, rules: Sequence[Rule], now: datetime) -> ExplanationOut:
    """Explain one agent's current score, and try each possible change."""
    profile = snapshot.profile(now)
    report = evaluate(profile, now, rules)
    behavior, recency = snapshot.behavior(now), snapshot.recency(now)
    score = trust_score(report.score, behavior, recency)
    firing = {finding.rule_id for finding in report.findings}
    changes = [
        change
        for tried in _try_changes(snapshot, profile)
        if (change := _weigh(tried, rules, firing, (behavior, recency, score.trust), now)) is not None
    ]
    return ExplanationOut(
        trust_score=score.trust,
        status=score.band,
        parts=[
            _part("posture", POSTURE_WEIGHT, report.score),
            _part("behavior", BEHAVIOR_WEIGHT, behavior),
            _part("recency", 1.0, recency),
        ],
        deductions=[
            DeductionOut(
                rule_id=finding.rule_id,
                severity=finding.severity,
                title=finding.title,
                points=POINTS[finding.severity],
            )
            for finding in report.findings
            if finding.costs_points
        ],
        calls_in_window=snapshot.calls,
        mean_anomaly=round(snapshot.anomaly_sum / snapshot.calls, 4) if snapshot.calls else None,
        session_risk=round(snapshot.risk(now), 4),
        recent_events=RECENCY_EVENTS if recency == RECENCY_POINTS else len(snapshot.recent(now)),
        recent_events_needed=RECENCY_EVENTS,
        changes=sorted(changes, key=lambda change: (-change.gain, change.action, change.target)),
    )


def weigh_class(
    snapshot: Snapshot, rules: Sequence[Rule], grant_id: UUID, known_class: ToolClass | None, now: datetime
) -> EffectOut:
    """Compute the effect of another class of one grant's tool; with None, of the class of its name."""
    profile = snapshot.profile(now)
    changed = tuple(
        replace(grant, known_class=known_class) if row.id == grant_id else grant
        for row, grant in zip(snapshot.grants, profile.grants, strict=True)
    )
    before, after = (evaluate(one, now, rules) for one in (profile, replace(profile, grants=changed)))
    behavior, recency = snapshot.behavior(now), snapshot.recency(now)
    was, becomes = (trust_score(report.score, behavior, recency).trust for report in (before, after))
    fired, fires = ({finding.rule_id for finding in report.findings} for report in (before, after))
    return EffectOut(
        trust_score=becomes,
        posture_score=after.score,
        gain=round(becomes - was, 2),
        resolves=sorted(fired - fires),
        opens=sorted(fires - fired),
    )


Tried = tuple[Action, UUID | None, str, AgentProfile]


def _try_changes(snapshot: Snapshot, profile: AgentProfile) -> Iterator[Tried]:
    """Yield changes of one grant or connection, then changes of several grants where one alone is not enough."""
    yield from _try_single_changes(snapshot, profile)
    for capability in sorted({held for grant in profile.grants for held in grant.tool_class.capabilities}):
        others = tuple(grant for grant in profile.grants if capability not in grant.tool_class.capabilities)
        if len(others) < len(profile.grants) - 1:
            yield "remove_capability", None, capability.value, replace(profile, grants=others)
    limited = tuple(_limit(grant) for grant in profile.grants)
    if sum(before is not after for before, after in zip(profile.grants, limited, strict=True)) > 1:
        yield "set_rate_limits", None, ALL_UNLIMITED, replace(profile, grants=limited)


def _limit(grant: ToolGrant) -> ToolGrant:
    return grant if grant.rate_limit_per_hour is not None else replace(grant, rate_limit_per_hour=SUGGESTED_LIMIT)


def _try_single_changes(snapshot: Snapshot, profile: AgentProfile) -> Iterator[Tried]:
    for place, grant in enumerate(snapshot.grants[:MOST_TRIED]):
        rest = profile.grants[:place] + profile.grants[place + 1 :]
        yield "remove_grant", grant.id, grant.tool_name, replace(profile, grants=rest)
        if grant.rate_limit_per_hour is None:
            grants = (*profile.grants[:place], _limit(profile.grants[place]), *profile.grants[place + 1 :])
            yield "set_rate_limit", grant.id, grant.tool_name, replace(profile, grants=grants)
    for place, connection in enumerate(snapshot.connections[:MOST_TRIED]):
        others = profile.connections[:place] + profile.connections[place + 1 :]
        yield "remove_connection", connection.id, connection.server_name, replace(profile, connections=others)


def _weigh(
    tried: Tried, rules: Sequence[Rule], firing: set[str], now_is: tuple[float, float, float], now: datetime
) -> ChangeOut | None:
    action, target_id, target, profile = tried
    behavior, recency, trust = now_is
    report = evaluate(profile, now, rules)
    score = trust_score(report.score, behavior, recency)
    resolves = firing - {finding.rule_id for finding in report.findings}
    if score.trust <= trust and not resolves:
        return None
    return ChangeOut(
        action=action,
        target_id=target_id,
        target=target,
        posture_score=report.score,
        trust_score=score.trust,
        gain=round(score.trust - trust, 2),
        resolves=sorted(resolves),
    )


def _part(name: Literal["posture", "behavior", "recency"], weight: float, value: float) -> PartOut:
    return PartOut(part=name, weight=weight, value=value, points=round(weight * value, 2))
