"""Listing, summarizing and deciding findings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, case, cast, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from agentsentinel.errors import Invalid, NotFound
from agentsentinel.findings.lifecycle import FindingStatus, history_of
from agentsentinel.findings.schemas import (
    FindingGrouping,
    FindingGroupOut,
    FindingOfAgentOut,
    FindingOrder,
    FindingOut,
    FindingPatch,
    FindingSummaryOut,
)
from agentsentinel.kit.pages import decode_cursor, decode_ranked, encode_cursor, encode_ranked
from agentsentinel.models import AgentRow, FindingHistoryRow, FindingRow, KeyRow
from agentsentinel_core.findings import Severity

MAX_STEPS = 200
_IS_ABOUT = AgentRow.id == FindingRow.agent_id
_WITH_AGENT = select(FindingRow, AgentRow.name, AgentRow.owner_team).join(AgentRow, _IS_ABOUT)
_SEVERITIES = tuple(Severity)
_RANK: ColumnElement[int] = case(
    {severity.value: rank for rank, severity in enumerate(_SEVERITIES)}, value=FindingRow.severity
)
_ORDERS: dict[FindingOrder, tuple[ColumnElement[Any], ...]] = {
    FindingOrder.NEWEST: (FindingRow.created_at.desc(), FindingRow.id.desc()),
    FindingOrder.WORST: (_RANK, FindingRow.id.desc()),
}
"""Columns of each order. Ids sort by time, so that among findings of one severity the newest come first."""
_GROUPS: dict[FindingGrouping, tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str]]] = {
    FindingGrouping.RULE: (FindingRow.rule_id, FindingRow.title),
    FindingGrouping.SEVERITY: (FindingRow.severity, FindingRow.severity),
    FindingGrouping.OWNER: (AgentRow.owner_team, AgentRow.owner_team),
    FindingGrouping.AGENT: (AgentRow.id, AgentRow.name),
}
"""Column by which findings are grouped, and the column with the title of a group."""
_SEARCHED = func.concat_ws(
    " ",
    FindingRow.title,
    FindingRow.message,
    FindingRow.rule_id,
    AgentRow.name,
    AgentRow.owner_team,
    cast(FindingRow.evidence, String),
)


class FindingFilters(NamedTuple):
    """Filters of a listing of findings; None matches all."""

    status: FindingStatus | None = None
    severity: Severity | None = None
    rule_id: str | None = None
    owner_team: str | None = None
    agent_id: UUID | None = None
    words: tuple[str, ...] = ()
    """Words that all have to occur in the finding's texts or its agent's name or team."""


async def list_findings(
    session: AsyncSession, agent_id: UUID, filters: dict[str, str], limit: int, offset: int
) -> Sequence[FindingRow]:
    """List one agent's findings, newest first."""
    query = (
        select(FindingRow)
        .filter_by(agent_id=agent_id, **filters)
        .order_by(FindingRow.created_at.desc(), FindingRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(query)).scalars().all()


async def list_all(
    session: AsyncSession, filters: FindingFilters, order: FindingOrder, limit: int, cursor: str | None
) -> tuple[list[FindingOfAgentOut], str | None]:
    """List findings of all agents after a cursor; return them and the cursor of the next page, if there may be one."""
    query = _WITH_AGENT.where(*_conditions(filters), *_after(order, cursor)).order_by(*_ORDERS[order]).limit(limit)
    found = [_of_agent(*row) for row in await session.execute(query)]
    return found, _place(found[-1], order) if len(found) == limit else None


async def summarize(
    session: AsyncSession, filters: FindingFilters, group_by: FindingGrouping, limit: int
) -> FindingSummaryOut:
    """Count the findings that pass the filters, in all and in groups, the worst and largest groups first."""
    findings, agents = func.count(), func.count(FindingRow.agent_id.distinct())
    conditions = _conditions(filters)
    total = (await session.execute(select(findings, agents).join(AgentRow, _IS_ABOUT).where(*conditions))).one()
    key, title = _GROUPS[group_by]
    worst = func.min(_RANK)
    groups = (
        select(key, func.max(title), worst, findings, agents, func.count().over())
        .join(AgentRow, _IS_ABOUT)
        .where(*conditions)
        .group_by(key)
        .order_by(worst, findings.desc(), func.max(title), key)
        .limit(limit)
    )
    rows = (await session.execute(groups)).all()
    return FindingSummaryOut(
        findings=total[0],
        agents=total[1],
        group_count=rows[0][-1] if rows else 0,
        groups=[
            FindingGroupOut(key=str(row[0]), title=row[1], severity=_SEVERITIES[row[2]], findings=row[3], agents=row[4])
            for row in rows
        ],
    )


async def describe(session: AsyncSession, finding_id: UUID) -> FindingOfAgentOut:
    """Return one finding with the name and team of its agent. Raises NotFound."""
    row = (await session.execute(_WITH_AGENT.where(FindingRow.id == finding_id))).one_or_none()
    if row is None:
        raise NotFound("There is no finding with this id")
    return _of_agent(*row)


def _conditions(filters: FindingFilters) -> list[ColumnElement[bool]]:
    given = (
        (FindingRow.status, filters.status),
        (FindingRow.severity, filters.severity),
        (FindingRow.rule_id, filters.rule_id),
        (FindingRow.agent_id, filters.agent_id),
        (AgentRow.owner_team, filters.owner_team),
    )
    words = [_SEARCHED.icontains(word, autoescape=True) for word in filters.words]
    return [*(column == value for column, value in given if value is not None), *words]


def _after(order: FindingOrder, cursor: str | None) -> list[ColumnElement[bool]]:
    """Build the conditions for the rows after the cursor."""
    if cursor is None:
        return []
    if order is FindingOrder.NEWEST:
        return [tuple_(FindingRow.created_at, FindingRow.id) < decode_cursor(cursor)]
    rank, last_id = decode_ranked(cursor, len(_SEVERITIES))
    # Ranks ascend and ids descend: one row comparison covers both, with the ids on swapped sides.
    return [tuple_(_RANK, literal(last_id)) > tuple_(literal(int(rank)), FindingRow.id)]


def _place(finding: FindingOfAgentOut, order: FindingOrder) -> str:
    if order is FindingOrder.WORST:
        return encode_ranked(_SEVERITIES.index(finding.severity), finding.id)
    return encode_cursor(finding.created_at, finding.id)


def _of_agent(row: FindingRow, name: str, team: str) -> FindingOfAgentOut:
    return FindingOfAgentOut(**FindingOut.model_validate(row).model_dump(), agent_name=name, owner_team=team)


async def get_finding(session: AsyncSession, finding_id: UUID) -> FindingRow:
    """Return one finding. Raises NotFound."""
    finding = await session.get(FindingRow, finding_id)
    if finding is None:
        raise NotFound("There is no finding with this id")
    return finding


async def list_steps(session: AsyncSession, finding_id: UUID) -> Sequence[FindingHistoryRow]:
    """List the newest `MAX_STEPS` steps of a finding's history, newest first. Raises NotFound."""
    await get_finding(session, finding_id)
    query = select(FindingHistoryRow).where(FindingHistoryRow.finding_id == finding_id)
    query = query.order_by(FindingHistoryRow.at.desc(), FindingHistoryRow.id.desc()).limit(MAX_STEPS)
    return (await session.execute(query)).scalars().all()


async def decide(
    session: AsyncSession, finding_id: UUID, decision: FindingPatch, key_id: UUID, now: datetime
) -> FindingRow:
    """Store a person's decision and the key that made it. Raises NotFound, and Invalid for a snooze in the past."""
    if decision.snoozed_until is not None and decision.snoozed_until <= now:
        raise Invalid("snoozed_until: must be in the future")
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
    """Schedule the scoring of the agent for the end of the snooze; scoring opens the finding again."""
    agent = await session.get(AgentRow, finding.agent_id)
    if agent is not None and finding.snoozed_until is not None:
        agent.rescore_at = min(agent.rescore_at or finding.snoozed_until, finding.snoozed_until)
