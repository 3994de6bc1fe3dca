"""Which agents need attention, and which report: one definition for all pages, counted by the database."""

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import AgentRow, FindingRow, SessionStateRow
from agentsentinel.overview.schemas import AgentState, AttentionOut
from agentsentinel.session_risk.learning import LEARNING_SESSIONS

_HAS_CRITICAL_FINDING = exists().where(
    FindingRow.agent_id == AgentRow.id, FindingRow.status == "OPEN", FindingRow.severity == "CRITICAL"
)
_HAS_REPORTED = or_(AgentRow.scored_events > 0, AgentRow.channels > 0)
_MISSING = func.greatest(0, LEARNING_SESSIONS - func.coalesce(SessionStateRow.learned_sessions, 0))
_STATE = case(
    (and_(_HAS_REPORTED, _MISSING > 0), AgentState.LEARNING.value),
    (_HAS_REPORTED, AgentState.ACTIVE.value),
    (AgentRow.is_discovered, AgentState.UNMONITORED.value),
    else_=AgentState.NEVER_SEEN.value,
)
_NEEDS_ATTENTION = or_(
    _HAS_CRITICAL_FINDING,
    and_(
        AgentRow.trust_score.is_not(None),
        AgentRow.status.in_(("CRITICAL", "ALERT")),
        _STATE.not_in((AgentState.LEARNING.value, AgentState.UNMONITORED.value)),
    ),
)
"""An open CRITICAL finding whatever the score; and a low score, once it is known what is normal for the agent."""


async def count_attention(session: AsyncSession) -> AttentionOut:
    """Count all agents: those that need attention, and those in each state."""
    needs = _NEEDS_ATTENTION.label("needs")
    critical = _HAS_CRITICAL_FINDING.label("critical")
    states = select(_STATE.label("state"), needs, critical).outerjoin(
        SessionStateRow, SessionStateRow.agent_id == AgentRow.id
    )
    each = states.subquery()
    query = select(
        each.c.state,
        func.count(),
        func.count().filter(each.c.needs),
        func.count().filter(each.c.critical),
    ).group_by(each.c.state)
    rows = [tuple(row) for row in await session.execute(query)]
    return AttentionOut(
        agents=sum(row[1] for row in rows),
        needs_attention=sum(row[2] for row in rows),
        with_critical_finding=sum(row[3] for row in rows),
        states={**dict.fromkeys(AgentState, 0), **{AgentState(row[0]): row[1] for row in rows}},
    )


async def find_states(session: AsyncSession) -> dict[object, tuple[AgentState, int, bool]]:
    """Return of each agent, by id, its state, the sessions it still has to learn, and whether it needs attention."""
    query = select(AgentRow.id, _STATE, _MISSING, _NEEDS_ATTENTION).outerjoin(
        SessionStateRow, SessionStateRow.agent_id == AgentRow.id
    )
    return {row[0]: (AgentState(row[1]), row[2], row[3]) for row in await session.execute(query)}
