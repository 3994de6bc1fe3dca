"""The one reason that is named for a score: what costs it the most points, behaviour included. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from agentsentinel.models import FindingRow
from agentsentinel.scores.snapshot import Snapshot
from agentsentinel_core.agents import Silence
from agentsentinel_core.findings import Finding
from agentsentinel_core.posture.score import POINTS
from agentsentinel_core.trust.score import BEHAVIOR_WEIGHT, POSTURE_WEIGHT, TrustScore

LEAST_POINTS = 0.5
"""Points of the Trust Score below which behaviour is not a reason: some anomaly is normal."""


def find_reason(
    snapshot: Snapshot, found: Iterable[Finding], rows: Iterable[FindingRow], score: TrustScore, now: datetime
) -> dict[str, Any] | None:
    """Return what costs the score the most, as members of `ReasonOut`; its silence where nothing does, else None.

    Args:
        snapshot: The inputs of the score.
        found: The findings of its rules.
        rows: The stored findings, those that are new included.
        score: The score.
        now: The current time.
    """
    findings = list(_of_findings(found, rows))
    reasons = [*findings, *_of_behavior(snapshot, score, now)]
    if findings and snapshot.is_learning:
        reasons = [reason for reason in reasons if reason["kind"] != "calls"]  # first calls always look unusual
    if reasons:
        return max(reasons, key=lambda reason: reason["points"])
    return _of_silence(snapshot.silence) if snapshot.silence is not None else None


def _of_findings(found: Iterable[Finding], rows: Iterable[FindingRow]) -> Iterator[dict[str, Any]]:
    ids = {row.rule_id: row.id for row in rows}
    for finding in found:
        if finding.costs_points:
            points = POSTURE_WEIGHT * POINTS[finding.severity]
            yield _reason("finding", finding.title, points, finding_id=str(ids[finding.rule_id]))


def _of_behavior(snapshot: Snapshot, score: TrustScore, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield what lowers the behaviour score: the riskiest session, or the calls; nothing of an agent without calls."""
    points = BEHAVIOR_WEIGHT * (100.0 - score.behavior)
    if not snapshot.calls or points < LEAST_POINTS:
        return
    mean = snapshot.anomaly_sum / snapshot.calls
    alarms = snapshot.counted_alarms(now)
    if alarms and snapshot.risk(now) > mean:
        worst = max(alarms, key=lambda one: (one.risk, one.last_at))
        text = worst.reasons[0]["message"] if worst.reasons else "A session is unlike the agent's normal work"
        yield _reason("session", text, points, session_id=str(worst.id))
    else:
        calls = f"{snapshot.calls} call" + ("s" if snapshot.calls != 1 else "")
        yield _reason("calls", f"Unusual calls: a mean anomaly of {mean:.2f} in {calls} of 24 hours", points)


def _of_silence(silence: Silence) -> dict[str, Any]:
    return _reason("silence", f"No report since {silence.last_report_at:%Y-%m-%d %H:%M} UTC", 0.0)


def _reason(kind: str, text: str, points: float, **ids: str) -> dict[str, Any]:
    return {"kind": kind, "text": text, "points": round(points, 2), "finding_id": None, "session_id": None, **ids}
