"""SQL queries of deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import AgentRow, AlertRouteRow, AlertRow, DeliveryRow, FindingHistoryRow, FindingRow

Ts = TypeVarTuple("Ts")


class Tally(NamedTuple):
    """Deliveries of one destination that are still stored."""

    sent: int
    failed: int
    waiting: int
    last_sent_at: datetime | None
    last_error: str | None
    """Error of the newest attempt; None if that succeeded, or there was none."""


class OpeningCount(NamedTuple):
    """How often the rules opened findings of one rule and severity in one team."""

    rule_id: str
    severity: str
    team: str
    times: int


async def find_routes(session: AsyncSession) -> Sequence[AlertRouteRow]:
    """Return all routes in their order."""
    return (await session.execute(select(AlertRouteRow).order_by(AlertRouteRow.place))).scalars().all()


async def replace_routes(session: AsyncSession, routes: Sequence[AlertRouteRow]) -> None:
    """Store these routes instead of all that are stored."""
    await session.execute(text("LOCK TABLE alert_routes IN SHARE ROW EXCLUSIVE MODE"))
    await session.execute(delete(AlertRouteRow))
    session.add_all(routes)


async def count_openings(session: AsyncSession, since: datetime) -> list[OpeningCount]:
    """Count what the rules have opened since, decisions of people left out."""
    members = (FindingRow.rule_id, FindingRow.severity, AgentRow.owner_team)
    query = _openings(select(*members, func.count()), since).group_by(*members)
    return [OpeningCount(*row) for row in (await session.execute(query)).all()]


async def find_openings(
    session: AsyncSession, since: datetime, limit: int
) -> list[tuple[FindingHistoryRow, FindingRow, AgentRow]]:
    """Return the newest of what the rules have opened since, newest first."""
    query = _openings(select(FindingHistoryRow, FindingRow, AgentRow), since)
    query = query.order_by(FindingHistoryRow.at.desc(), FindingHistoryRow.id.desc()).limit(limit)
    return [(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


def _openings(query: Select[*Ts], since: datetime) -> Select[*Ts]:
    return (
        query.select_from(FindingHistoryRow)
        .join(FindingRow, FindingRow.id == FindingHistoryRow.finding_id)
        .join(AgentRow, AgentRow.id == FindingRow.agent_id)
        .where(
            FindingHistoryRow.at >= since,
            FindingHistoryRow.status == "OPEN",
            FindingHistoryRow.key_id.is_(None),
        )
    )


async def claim_due(session: AsyncSession, destination: str, now: datetime) -> DeliveryRow | None:
    """Lock and return the delivery that is due longest, leaving out those that other processes hold."""
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.destination == destination, DeliveryRow.next_attempt_at <= now)
        .order_by(DeliveryRow.next_attempt_at, DeliveryRow.event_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def find_delivery(session: AsyncSession, event_id: UUID, destination: str) -> DeliveryRow | None:
    """Return one delivery, or None if its agent was erased meanwhile."""
    return await session.get(DeliveryRow, (event_id, destination))


async def count_waiting(session: AsyncSession, destination: str) -> int:
    """Count the deliveries of a destination that are still to be sent."""
    query = select(func.count()).where(DeliveryRow.destination == destination, DeliveryRow.next_attempt_at.is_not(None))
    return (await session.execute(query)).scalar_one()


async def tally(session: AsyncSession, destinations: Sequence[str]) -> dict[str, Tally]:
    """Count the deliveries of each destination; those without any are left out."""
    errors = select(DeliveryRow.destination, DeliveryRow.last_error).distinct(DeliveryRow.destination)
    errors = errors.where(DeliveryRow.attempted_at.is_not(None))
    newest = errors.order_by(DeliveryRow.destination, DeliveryRow.attempted_at.desc()).subquery()
    query = (
        select(
            DeliveryRow.destination,
            func.count(DeliveryRow.sent_at),
            func.count(DeliveryRow.failed_at),
            func.count(DeliveryRow.next_attempt_at),
            func.max(DeliveryRow.sent_at),
            func.max(newest.c.last_error),
        )
        .outerjoin(newest, newest.c.destination == DeliveryRow.destination)
        .where(DeliveryRow.destination.in_(destinations))
        .group_by(DeliveryRow.destination)
    )
    return {name: Tally(*counts) for name, *counts in (await session.execute(query)).all()}


async def take_old_alerts(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[tuple[AlertRow, FindingRow, AgentRow]]:
    """Delete due alerts that a server of the version before has left, and return them."""
    query = (
        select(AlertRow, FindingRow, AgentRow)
        .join(FindingRow, FindingRow.id == AlertRow.finding_id)
        .join(AgentRow, AgentRow.id == AlertRow.agent_id)
        .where(AlertRow.next_attempt_at <= now)
        .limit(limit)
        .with_for_update(skip_locked=True, of=AlertRow)
    )
    found = [(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]
    await session.execute(delete(AlertRow).where(AlertRow.id.in_([alert.id for alert, _, _ in found])))
    return found
