"""Operations on judged sessions: reading, feedback, and announcing a version of an agent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from agentsentinel.agents.service import get_agent
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.principal import Actor
from agentsentinel.errors import Invalid, NotFound
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.models import AgentSessionRow, AgentVersionRow
from agentsentinel.scores.service import Scorer
from agentsentinel.session_risk import repository
from agentsentinel.session_risk.alarms import counts_as_alarm
from agentsentinel.session_risk.judge import SessionJudge
from agentsentinel.session_risk.learning import LEARNING_SESSIONS, missing_sessions
from agentsentinel.session_risk.schemas import (
    AlertBudgetOut,
    AlertBudgetsOut,
    FeedbackIn,
    JudgedSessionOut,
    RiskHistoryOut,
    RiskOfDayOut,
    SessionCallOut,
    SessionDetailOut,
    VersionIn,
    VersionOut,
)

USUAL_BUDGETS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
PREVIEWED = timedelta(days=30)
NO_SUCH_SESSION = "There is no session with this id"


def shown(row: AgentSessionRow, *, is_learning: bool) -> dict[str, Any]:
    """Return what is shown of a session in lists and alone."""
    names = JudgedSessionOut.model_fields.keys() - {"ended_at", "is_alarm"}
    values = {name: getattr(row, name) for name in names}
    return {"ended_at": row.last_at, "is_alarm": is_counted(row, is_learning=is_learning), **values}


def is_counted(row: AgentSessionRow, *, is_learning: bool) -> bool:
    """Return whether a session counts as an alarm now."""
    return counts_as_alarm(
        was_alarm=row.is_alarm,
        verdict=row.verdict,
        muted_until=row.muted_until,
        is_learning=is_learning,
        now=now(),
    )


async def count_missing(session: DatabaseSession, agent_id: UUID) -> int:
    """Return how many sessions an agent is still to learn before any is an alarm."""
    learned = await repository.find_learned(session, [agent_id])
    return missing_sessions(learned.get(agent_id, 0))


async def describe(session: DatabaseSession, session_key: UUID, alert_line: float) -> SessionDetailOut:
    """Return one session with its calls. Raises NotFound."""
    row = await repository.get_session(session, session_key)
    if row is None:
        raise NotFound(NO_SUCH_SESSION)
    places = [(datetime.fromtimestamp(at, UTC), UUID(event_id)) for at, event_id, _ in row.timeline]
    events = await repository.find_events(session, places)
    calls = []
    for (at, event_id), (_, _, risk) in zip(places, row.timeline, strict=True):
        event = events.get(event_id)
        calls.append(
            SessionCallOut(
                event_id=event_id,
                timestamp=at,
                risk=risk,
                tool_name=event.tool_name if event else None,
                operation=event.operation if event else None,
                status=event.status if event else None,
                anomaly_score=event.anomaly_score if event else None,
            )
        )
    missing = await count_missing(session, row.agent_id)
    detail = {
        **shown(row, is_learning=missing > 0),
        "alert_line": alert_line,
        "missing_sessions": missing,
        "timeline": calls,
    }
    return SessionDetailOut.model_validate(detail)


async def preview_budgets(session: DatabaseSession, judge: SessionJudge) -> AlertBudgetsOut:
    """Return what the usual alert budgets, and the one in use, would have flagged in the last 30 days."""
    since = now() - PREVIEWED
    budgets = sorted({*USUAL_BUDGETS, judge.alert_budget})
    lines = [judge.alert_line_of(budget) for budget in budgets]
    total, flagged = await repository.count_above(session, since, lines)
    return AlertBudgetsOut(
        budget=judge.alert_budget,
        since=since,
        sessions=total,
        budgets=[
            AlertBudgetOut(budget=budget, alert_line=line, sessions=one.sessions, agents=one.agents)
            for budget, line, one in zip(budgets, lines, flagged, strict=True)
        ],
    )


async def describe_history(session: DatabaseSession, agent_id: UUID, days: int, alert_line: float) -> RiskHistoryOut:
    """Return how risky an agent's sessions were on each of the last so many days, today included. Raises NotFound."""
    await get_agent(session, agent_id)
    today = now().date()
    since = today - timedelta(days=days - 1)
    is_learning = await count_missing(session, agent_id) > 0
    rows = await repository.list_days(session, agent_id, since, now(), is_learning=is_learning)
    shown_days = [RiskOfDayOut.model_validate(row) for row in rows]
    return RiskHistoryOut(since=since, until=today, alert_line=alert_line, days=shown_days)


async def give_feedback(
    session: DatabaseSession, scorer: Scorer, session_key: UUID, feedback: FeedbackIn, who: Actor
) -> AgentSessionRow:
    """Store what a person says about a session, and score its agent. The worker then teaches or withholds it.

    Raises NotFound, and Invalid for a mute that is over already.
    """
    row = await repository.get_session(session, session_key, for_update=True)
    if row is None:
        raise NotFound(NO_SUCH_SESSION)
    moment = now()
    given = feedback.model_fields_set
    if feedback.muted_until is not None and feedback.muted_until <= moment:
        raise Invalid("muted_until: must be in the future")
    if "verdict" in given and feedback.verdict != row.verdict:
        row.verdict = feedback.verdict
        row.is_verdict_applied = feedback.verdict is None
    if "muted_until" in given:
        row.muted_until = feedback.muted_until
    await session.flush()
    agent = await get_agent(session, row.agent_id)
    detail = f"session {row.id}, {row.verdict or 'no verdict'}"
    detail += f", muted until {row.muted_until.isoformat()}" if row.muted_until else ""
    detail += f": {feedback.note}" if feedback.note else ""
    audit.record(session, who, Action.SESSION_JUDGED, moment, agent.id, agent.name, detail=detail)
    await scorer.rescore(session, [row.agent_id], moment)
    return row


async def announce_version(
    session: DatabaseSession, scorer: Scorer, agent_id: UUID, version: VersionIn, who: Actor
) -> VersionOut:
    """Announce a version of an agent: it forgets what it learned and learns anew, without alarms. Raises NotFound."""
    agent = await get_agent(session, agent_id)
    moment = now()
    await repository.forget_learned(session, agent_id)
    row = AgentVersionRow(
        id=uuid7(moment.timestamp()),
        agent_id=agent_id,
        version=version.version,
        note=version.note,
        announced_at=moment,
    )
    session.add(row)
    detail = version.version + (f": {version.note}" if version.note else "")
    audit.record(session, who, Action.VERSION_ANNOUNCED, moment, agent.id, agent.name, detail=detail)
    await session.flush()
    await scorer.rescore(session, [agent_id], moment)
    names = VersionOut.model_fields.keys() - {"missing_sessions"}
    return VersionOut(**{name: getattr(row, name) for name in names}, missing_sessions=LEARNING_SESSIONS)
