"""SQL queries of findings and their history."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, case, cast, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.schemas import (
    UNASSIGNED,
    FindingFilters,
    FindingGrouping,
    FindingOrder,
    FindingPatch,
)
from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan, within
from agentsentinel.models import AgentRow, FindingHistoryRow, FindingRow
from agentsentinel_core.findings import Severity

SEVERITIES = tuple(Severity)
"""All severities, worst first; the index of a severity is its rank in `FindingOrder.WORST`."""
Place = tuple[datetime, UUID] | tuple[int, UUID] | tuple[date, UUID]
"""Position of a finding in a listing: its time for `FindingOrder.NEWEST`, its rank for `WORST`, its day for `DUE`.

Its id follows.
"""
_IS_ABOUT = AgentRow.id == FindingRow.agent_id
_WITH_AGENT = select(FindingRow, AgentRow.name, AgentRow.owner_team).join(AgentRow, _IS_ABOUT)
_RANK: ColumnElement[int] = case(
    {severity.value: rank for rank, severity in enumerate(SEVERITIES)}, value=FindingRow.severity
)
_DUE: ColumnElement[date] = func.coalesce(FindingRow.due_on, date.max)
_ORDERS: dict[FindingOrder, tuple[ColumnElement[Any], ...]] = {
    FindingOrder.NEWEST: (FindingRow.created_at.desc(), FindingRow.id.desc()),
    FindingOrder.WORST: (_RANK, FindingRow.id.desc()),
    FindingOrder.DUE: (_DUE, FindingRow.id.asc()),
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


class FindingOfAgent(NamedTuple):
    """A finding with the name and team of its agent."""

    finding: FindingRow
    agent_name: str
    owner_team: str


class Totals(NamedTuple):
    """Number of findings, and of the agents that they are about."""

    findings: int
    agents: int


class Group(NamedTuple):
    """Findings with the same value of one column."""

    key: Any
    title: str
    severity: Severity
    """Worst severity in the group."""
    findings: int
    agents: int


async def list_findings(
    session: AsyncSession, agent_id: UUID, filters: dict[str, str], limit: int, offset: int, span: TimeSpan = ALL_TIME
) -> Sequence[FindingRow]:
    """List one agent's findings whose columns equal the filters and that last opened in a span, newest first."""
    query = (
        select(FindingRow)
        .filter_by(agent_id=agent_id, **filters)
        .where(*within(FindingRow.last_opened_at, span))
        .order_by(FindingRow.created_at.desc(), FindingRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return (await session.execute(query)).scalars().all()


async def list_all(
    session: AsyncSession, filters: FindingFilters, order: FindingOrder, limit: int, after: Place | None
) -> list[FindingOfAgent]:
    """List findings of all agents; `after` continues after the last finding of an earlier page."""
    query = _WITH_AGENT.where(*_conditions(filters)).order_by(*_ORDERS[order]).limit(limit)
    if after is not None:
        query = query.where(_is_after(order, after))
    return [FindingOfAgent(*row) for row in await session.execute(query)]


async def find_finding(session: AsyncSession, finding_id: UUID) -> FindingOfAgent | None:
    """Return one finding with the name and team of its agent, or None."""
    row = (await session.execute(_WITH_AGENT.where(FindingRow.id == finding_id))).one_or_none()
    return None if row is None else FindingOfAgent(*row)


async def count_findings(session: AsyncSession, filters: FindingFilters) -> Totals:
    """Count the findings that pass the filters, and their agents."""
    query = select(func.count(), func.count(FindingRow.agent_id.distinct())).join(AgentRow, _IS_ABOUT)
    return Totals(*(await session.execute(query.where(*_conditions(filters)))).one())


async def count_by_assignee(session: AsyncSession) -> dict[str, int]:
    """Count the findings of each assignee that are not resolved; those with none are in it with 0."""
    unresolved = func.count().filter(FindingRow.status != FindingStatus.RESOLVED)
    query = select(FindingRow.assignee, unresolved).join(AgentRow, _IS_ABOUT).where(FindingRow.assignee.is_not(None))
    rows = (await session.execute(query.group_by(FindingRow.assignee))).all()
    return {name: findings for name, findings in rows if name is not None}


async def find_undecided_ids(
    session: AsyncSession, filters: FindingFilters, decision: FindingPatch, after: UUID, limit: int
) -> Sequence[UUID]:
    """Return the ids of findings that pass the filters and are not as decided, in order, after an id."""
    query = select(FindingRow.id).join(AgentRow, _IS_ABOUT)
    query = query.where(*_conditions(filters), _is_undecided(decision), FindingRow.id > after)
    return (await session.execute(query.order_by(FindingRow.id).limit(limit))).scalars().all()


async def lock_agents_of(session: AsyncSession, finding_ids: Sequence[UUID]) -> dict[UUID, AgentRow]:
    """Return the agents of findings by id, and lock them in the order in which scoring does."""
    about = select(FindingRow.agent_id).where(FindingRow.id.in_(finding_ids))
    query = select(AgentRow).where(AgentRow.id.in_(about)).order_by(AgentRow.id).with_for_update(key_share=True)
    return {agent.id: agent for agent in (await session.execute(query)).scalars()}


async def lock_undecided(
    session: AsyncSession, filters: FindingFilters, decision: FindingPatch, ids: Sequence[UUID]
) -> Sequence[FindingRow]:
    """Return those of these findings that still pass the filters and are not as decided, and lock them."""
    query = select(FindingRow).join(AgentRow, _IS_ABOUT)
    query = query.where(*_conditions(filters), _is_undecided(decision), FindingRow.id.in_(ids))
    return (await session.execute(query.order_by(FindingRow.id).with_for_update(of=FindingRow))).scalars().all()


async def find_groups(
    session: AsyncSession, filters: FindingFilters, group_by: FindingGrouping, limit: int
) -> tuple[list[Group], int]:
    """Group the findings that pass the filters; return the worst and largest groups, and the number of all groups."""
    findings, agents = func.count(), func.count(FindingRow.agent_id.distinct())
    key, title = _GROUPS[group_by]
    worst = func.min(_RANK)
    query = (
        select(key, func.max(title), worst, findings, agents, func.count().over())
        .join(AgentRow, _IS_ABOUT)
        .where(*_conditions(filters))
        .group_by(key)
        .order_by(worst, findings.desc(), func.max(title), key)
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    groups = [Group(row[0], row[1], SEVERITIES[row[2]], row[3], row[4]) for row in rows]
    return groups, rows[0][-1] if rows else 0


async def find_steps(session: AsyncSession, finding_id: UUID, limit: int) -> Sequence[FindingHistoryRow]:
    """Return the newest steps of a finding's history, newest first."""
    query = select(FindingHistoryRow).where(FindingHistoryRow.finding_id == finding_id)
    query = query.order_by(FindingHistoryRow.at.desc(), FindingHistoryRow.id.desc()).limit(limit)
    return (await session.execute(query)).scalars().all()


def _conditions(filters: FindingFilters) -> list[ColumnElement[bool]]:
    given = (
        (FindingRow.status, filters.status),
        (FindingRow.severity, filters.severity),
        (FindingRow.rule_id, filters.rule_id),
        (FindingRow.agent_id, filters.agent_id),
        (AgentRow.owner_team, filters.owner_team),
    )
    opened = within(FindingRow.last_opened_at, filters.opened)
    chosen = [FindingRow.id.in_(filters.ids)] if filters.ids else []
    words = [_SEARCHED.icontains(word, autoescape=True) for word in filters.words]
    equal = [column == value for column, value in given if value is not None]
    return [*equal, *opened, *chosen, *words, *_assignment_conditions(filters)]


def _assignment_conditions(filters: FindingFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.assignee is not None:
        name = None if filters.assignee == UNASSIGNED else filters.assignee
        conditions.append(FindingRow.assignee.is_not_distinct_from(name))
    if filters.due_before is not None:
        conditions += [FindingRow.due_on < filters.due_before, FindingRow.status != FindingStatus.RESOLVED]
    return conditions


def _is_undecided(decision: FindingPatch) -> ColumnElement[bool]:
    """Build the condition for findings that a decision would change."""
    given = decision.model_dump(include={"status", "assignee", "due_on"}, exclude_unset=True)
    columns = {"status": FindingRow.status, "assignee": FindingRow.assignee, "due_on": FindingRow.due_on}
    if decision.status is None:
        given.pop("status", None)
    return or_(*(columns[name].is_distinct_from(value) for name, value in given.items()))


def _is_after(order: FindingOrder, after: Place) -> ColumnElement[bool]:
    """Build the condition for the rows after a position."""
    if order is FindingOrder.NEWEST:
        return tuple_(FindingRow.created_at, FindingRow.id) < after
    if order is FindingOrder.DUE:
        return tuple_(_DUE, FindingRow.id) > after
    rank, last_id = after
    # Ranks ascend and ids descend: one row comparison covers both, with the ids on swapped sides.
    return tuple_(_RANK, literal(last_id)) > tuple_(literal(rank), FindingRow.id)


async def find_agents(
    session: AsyncSession, finding_ids: Sequence[UUID]
) -> tuple[dict[UUID, AgentRow], list[FindingRow]]:
    """Return findings in the order of these ids, and their agents by id."""
    rows = (await session.execute(select(FindingRow).where(FindingRow.id.in_(finding_ids)))).scalars()
    found = {row.id: row for row in rows}
    about = {row.agent_id for row in found.values()}
    agents = (await session.execute(select(AgentRow).where(AgentRow.id.in_(about)))).scalars()
    return {agent.id: agent for agent in agents}, [found[one] for one in finding_ids if one in found]
