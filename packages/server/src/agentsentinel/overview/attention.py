"""Which agents need attention, and which report: one definition for all pages, counted by the database."""

from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.agents.schemas import Monitoring
from agentsentinel.models import AgentRow, FindingRow
from agentsentinel.overview.schemas import AttentionOut

_HAS_CRITICAL_FINDING = exists().where(
    FindingRow.agent_id == AgentRow.id, FindingRow.status == "OPEN", FindingRow.severity == "CRITICAL"
)
_HAS_REPORTED = or_(AgentRow.scored_events > 0, AgentRow.channels > 0)
_IS_LEARNING = and_(_HAS_REPORTED, AgentRow.missing_sessions > 0)
"""Whether what it reports says little yet, also when it went silent before that."""
_NEEDS_ATTENTION = or_(
    _HAS_CRITICAL_FINDING,
    and_(
        AgentRow.trust_score.is_not(None),
        AgentRow.status.in_(("CRITICAL", "ALERT")),
        AgentRow.monitoring != Monitoring.UNMONITORED.value,
        ~_IS_LEARNING,
    ),
)
"""An open CRITICAL finding whatever the score; and a low score, once it is known what is normal for the agent."""


async def count_attention(session: AsyncSession) -> AttentionOut:
    """Count all agents: those that need attention, and those in each state of monitoring."""
    needs = _NEEDS_ATTENTION.label("needs")
    critical = _HAS_CRITICAL_FINDING.label("critical")
    each = select(AgentRow.monitoring.label("monitoring"), needs, critical).subquery()
    query = select(
        each.c.monitoring,
        func.count(),
        func.count().filter(each.c.needs),
        func.count().filter(each.c.critical),
    ).group_by(each.c.monitoring)
    rows = [tuple(row) for row in await session.execute(query)]
    return AttentionOut(
        agents=sum(row[1] for row in rows),
        needs_attention=sum(row[2] for row in rows),
        with_critical_finding=sum(row[3] for row in rows),
        states={**dict.fromkeys(Monitoring, 0), **{Monitoring(row[0]): row[1] for row in rows}},
    )


async def find_needy(session: AsyncSession) -> set[UUID]:
    """Return the ids of the agents that need attention."""
    return set((await session.execute(select(AgentRow.id).where(_NEEDS_ATTENTION))).scalars())


async def needs_attention(session: AsyncSession, agent_id: UUID) -> bool:
    """Return whether one agent needs attention."""
    query = select(AgentRow.id).where(AgentRow.id == agent_id, _NEEDS_ATTENTION)
    return (await session.execute(query)).scalar_one_or_none() is not None
