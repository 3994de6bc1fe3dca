"""Scoring: read the inputs of an agent's score, evaluate them, and store what changed, in one transaction.

A score is a function of stored data, never an increment. So scoring twice changes nothing, and an event that is
delivered twice counts once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.service import deliveries_of, load_routes
from agentsentinel.errors import NotFound
from agentsentinel.findings.lifecycle import FindingStatus, Reconciled, history_of, reconcile
from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import uuid7
from agentsentinel.models import AgentRow, FindingRow, ScorePointRow
from agentsentinel.scores.explanation import EffectOut, ExplanationOut, explain, weigh_class
from agentsentinel.scores.reason import find_reason
from agentsentinel.scores.snapshot import Snapshot, lock_and_read
from agentsentinel_core.behavior.score import SCORE_WINDOW_MINUTES
from agentsentinel_core.posture.engine import PostureReport, evaluate
from agentsentinel_core.posture.rule import Rule
from agentsentinel_core.tools.classify import ToolClass
from agentsentinel_core.trust.score import RECENCY_EVENTS, RECENCY_SECONDS, TrustScore, trust_score

MAX_AGE = timedelta(hours=1)
"""Longest time between two scorings of an agent, since posture rules depend on the age of grants."""


class Scored(NamedTuple):
    """Result of scoring one agent."""

    agent: AgentRow
    score: TrustScore
    findings_count: int
    """Number of findings with the status OPEN."""
    opened: list[FindingRow]
    """Findings that this scoring opened."""
    resolved: list[FindingRow]
    """Findings that this scoring resolved, because their rule fires no more."""


class Scorer:
    """Computes and stores Trust Scores."""

    def __init__(self, counters: Counters, rules: Sequence[Rule], destinations: Sequence[Destination]) -> None:
        self._counters = counters
        self._rules = rules
        self._destinations = destinations

    def without_alerts(self) -> "Scorer":
        """Return a scorer with the same rules that sends no alerts and exports nothing."""
        return Scorer(self._counters, self._rules, ())

    async def rescore(self, session: DatabaseSession, agent_ids: Sequence[UUID], now: datetime) -> list[Scored]:
        """Settle the counters, then score these agents inside the caller's transaction.

        Agents that do not exist are left out.
        """
        await self._counters.settle()
        return await self.score_settled(session, agent_ids, now)

    async def score_settled(
        self, session: DatabaseSession, agent_ids: Sequence[UUID], now: datetime, *, skip_locked: bool = False
    ) -> list[Scored]:
        """Score these agents by the current counters, for a caller that has just settled them.

        Agents that do not exist are left out; with `skip_locked`, so are agents that another transaction is scoring.
        """
        snapshots = await lock_and_read(session, agent_ids, now, skip_locked=skip_locked)
        scored = [self._score(session, snapshot, now) for snapshot in snapshots]
        moved = [(one.agent, row) for one in scored for row in (*one.opened, *one.resolved)]
        if moved:
            await session.flush()  # alerts and history have a foreign key to their finding, which has to exist first
        routes = await load_routes(session) if moved and self._destinations else []
        for agent, row in moved:
            step = history_of(row, now)
            session.add_all([step, *deliveries_of(self._destinations, agent, row, step, routes)])
        return scored

    async def rescore_one(self, session: DatabaseSession, agent_id: UUID, now: datetime) -> Scored:
        """Score one agent. Raises NotFound."""
        scored = await self.rescore(session, [agent_id], now)
        if not scored:
            raise NotFound("There is no agent with this id")
        return scored[0]

    async def explain(self, session: DatabaseSession, agent_id: UUID, now: datetime) -> ExplanationOut:
        """Explain one agent's current score, and the changes that would raise it. Raises NotFound."""
        await self._counters.settle()
        snapshots = await lock_and_read(session, [agent_id], now)
        if not snapshots:
            raise NotFound("There is no agent with this id")
        return explain(snapshots[0], self._rules, now)

    async def weigh_class(
        self, session: DatabaseSession, agent_id: UUID, grant_id: UUID, known_class: ToolClass | None, now: datetime
    ) -> EffectOut:
        """Compute what another class of one grant's tool does to the score. Raises NotFound."""
        await self._counters.settle()
        snapshots = await lock_and_read(session, [agent_id], now)
        if not snapshots:
            raise NotFound("There is no agent with this id")
        return weigh_class(snapshots[0], self._rules, grant_id, known_class, now)

    def _score(self, session: DatabaseSession, snapshot: Snapshot, now: datetime) -> Scored:
        report = evaluate(snapshot.profile(now), now, self._rules)
        changes = reconcile(snapshot.agent.id, report.findings, snapshot.findings, now)
        session.add_all(changes.new)
        score = trust_score(report.score, snapshot.behavior(now), snapshot.recency(now))
        _write_point(session, snapshot, score, changes, now)
        rows = [*snapshot.findings, *changes.new]
        _write_score(snapshot, score, report, rows, now)
        count = sum(row.status == FindingStatus.OPEN for row in rows)
        return Scored(snapshot.agent, score, count, changes.opened, changes.resolved)


def _write_score(
    snapshot: Snapshot, score: TrustScore, report: PostureReport, rows: Sequence[FindingRow], now: datetime
) -> None:
    agent = snapshot.agent
    agent.trust_score = score.trust
    agent.posture_score = score.posture
    agent.behavior_score = score.behavior
    agent.recency_bonus = score.recency_bonus
    agent.status = score.band.value
    agent.not_evaluated = [{"rule_id": rule.rule_id, "reason": rule.reason} for rule in report.not_evaluated]
    agent.last_scored_at = now
    agent.rescore_at = _next_change(snapshot, score, now)
    agent.scored_events = snapshot.events
    agent.reason = find_reason(snapshot, report.findings, rows, score, now)
    agent.missing_sessions = snapshot.missing_sessions
    agent.silent_since = snapshot.silence.last_report_at if snapshot.silence is not None else None


def _write_point(
    session: DatabaseSession, snapshot: Snapshot, score: TrustScore, changes: Reconciled, now: datetime
) -> None:
    """Add a point to the score history if the score or one of its parts has changed."""
    agent = snapshot.agent
    before = (agent.trust_score, agent.posture_score, agent.behavior_score, agent.recency_bonus)
    after = (score.trust, score.posture, score.behavior, score.recency_bonus)
    if before == after:
        return
    session.add(
        ScorePointRow(
            agent_id=agent.id,
            recorded_at=now,
            id=uuid7(now.timestamp()),
            trust_score=score.trust,
            posture_score=score.posture,
            behavior_score=score.behavior,
            recency_bonus=score.recency_bonus,
            status=score.band.value,
            causes=_causes(snapshot, score, changes),
        )
    )


def _causes(snapshot: Snapshot, score: TrustScore, changes: Reconciled) -> list[dict[str, Any]]:
    """List the causes of a change: each changed part with its old and new value, and the findings behind it."""
    agent = snapshot.agent
    causes: list[dict[str, Any]] = []
    if agent.posture_score != score.posture:
        causes.append({"part": "posture", "from": agent.posture_score, "to": score.posture})
    if agent.behavior_score != score.behavior:
        new_events = snapshot.events - agent.scored_events
        causes.append(
            {"part": "behavior", "from": agent.behavior_score, "to": score.behavior, "new_events": new_events}
        )
    if agent.recency_bonus != score.recency_bonus:
        causes.append({"part": "recency", "from": agent.recency_bonus, "to": score.recency_bonus})
    causes += [{"finding": row.rule_id, "severity": row.severity, "change": "opened"} for row in changes.opened]
    causes += [{"finding": row.rule_id, "severity": row.severity, "change": "resolved"} for row in changes.resolved]
    return causes


def _next_change(snapshot: Snapshot, score: TrustScore, now: datetime) -> datetime:
    """Return the next time at which the score may change without any event.

    That is when the recency bonus expires, the oldest minute leaves the window, a finding's snooze or a session's mute
    ends, or `MAX_AGE` has passed.
    """
    due = [now + MAX_AGE]
    if score.recency_bonus and len(snapshot.recent_receipts) >= RECENCY_EVENTS:
        due.append(snapshot.recent_receipts[-RECENCY_EVENTS] + timedelta(seconds=RECENCY_SECONDS))
    if snapshot.oldest_minute is not None:
        leaves_at = (snapshot.oldest_minute + SCORE_WINDOW_MINUTES) * 60
        due.append(datetime.fromtimestamp(leaves_at, UTC))
    due += [one.muted_until for one in snapshot.alarms if one.muted_until is not None and one.muted_until > now]
    due += [row.snoozed_until for row in snapshot.findings if row.snoozed_until is not None]
    return min(due)
