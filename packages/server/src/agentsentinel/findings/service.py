"""What people may do with findings."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.errors import Invalid, NotFound
from agentsentinel.findings.lifecycle import FindingStatus, history_of
from agentsentinel.findings.schemas import FindingOfAgentOut, FindingOut, FindingPatch
from agentsentinel.models import AgentRow, FindingHistoryRow, FindingRow, KeyRow
from agentsentinel_core.findings import Severity

MAX_STEPS = 200


class FindingFilters(NamedTuple):
    """What findings to list; None: any."""

    status: FindingStatus | None = None
    severity: Severity | None = None
    rule_id: str | None = None
    owner_team: str | None = None


async def list_findings(
    session: AsyncSession, agent_id: UUID, filters: dict[str, str], limit: int, offset: int
) -> Sequence[FindingRow]:
    """One agent's findings, newest first."""
    query = (
        select(FindingRow)
        .filter_by(agent_id=agent_id, **filters)
        .order_by(FindingRow.created_at.desc(), FindingRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(query)).scalars().all()


async def list_all(
    session: AsyncSession, filters: FindingFilters, limit: int, before: tuple[datetime, UUID] | None
) -> list[FindingOfAgentOut]:
    """Findings of all agents, newest first; `before` continues after the last one of an earlier page."""
    query = (
        select(FindingRow, AgentRow.name, AgentRow.owner_team)
        .join(AgentRow, AgentRow.id == FindingRow.agent_id)
        .order_by(FindingRow.created_at.desc(), FindingRow.id.desc())
        .limit(limit)
    )
    for column, value in (
        (FindingRow.status, filters.status),
        (FindingRow.severity, filters.severity),
        (FindingRow.rule_id, filters.rule_id),
        (AgentRow.owner_team, filters.owner_team),
    ):
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(tuple_(FindingRow.created_at, FindingRow.id) < before)
    return [
        FindingOfAgentOut(**FindingOut.model_validate(row).model_dump(), agent_name=name, owner_team=team)
        for row, name, team in await session.execute(query)
    ]


async def get_finding(session: AsyncSession, finding_id: UUID) -> FindingRow:
    """One finding. Raises NotFound."""
    finding = await session.get(FindingRow, finding_id)
    if finding is None:
        raise NotFound("There is no finding with this id")
    return finding


async def list_steps(session: AsyncSession, finding_id: UUID) -> Sequence[FindingHistoryRow]:
    """What happened to a finding, newest first. Raises NotFound."""
    await get_finding(session, finding_id)
    query = select(FindingHistoryRow).where(FindingHistoryRow.finding_id == finding_id)
    query = query.order_by(FindingHistoryRow.at.desc(), FindingHistoryRow.id.desc()).limit(MAX_STEPS)
    return (await session.execute(query)).scalars().all()


async def decide(
    session: AsyncSession, finding_id: UUID, decision: FindingPatch, key_id: UUID, now: datetime
) -> FindingRow:
    """Store a person's decision, and who made it. Raises NotFound, and Invalid for a snooze that is over already."""
    if decision.snoozed_until is not None and decision.snoozed_until <= now:
        raise Invalid("snoozed_until: this time is over")
    finding = await session.get(FindingRow, finding_id, with_for_update=True)
    if finding is None:
        raise NotFound("There is no finding with this id")
    if decision.status != finding.status:
        finding.resolved_at = now if decision.status is FindingStatus.RESOLVED else None
    finding.status = decision.status
    if "note" in decision.model_fields_set:
        finding.note = decision.note
    finding.snoozed_until = decision.snoozed_until
    finding.updated_at = now
    session.add(history_of(finding, now, await session.get(KeyRow, key_id)))
    await _wake_in_time(session, finding)
    return finding


async def _wake_in_time(session: AsyncSession, finding: FindingRow) -> None:
    """Have the agent scored when the snooze ends; scoring opens the finding again."""
    agent = await session.get(AgentRow, finding.agent_id)
    if agent is not None and finding.snoozed_until is not None:
        agent.rescore_at = min(agent.rescore_at or finding.snoozed_until, finding.snoozed_until)
