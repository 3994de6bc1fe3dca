"""SQL of session risk: which events are to be judged, what the engine knows, and the sessions.

Events have no number in the order of their commits, and get none: the ids of their transactions (`xmin`) say which are
visible in one snapshot and not in an earlier one, exactly once, however many servers store events at the same time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.models import (
    AgentRow,
    AgentSessionRow,
    AgentVersionRow,
    EventRow,
    SessionNormRow,
    SessionStateRow,
    ToolGrantRow,
)

MARGIN = timedelta(seconds=1)
"""Events are looked for in the minutes that count them and this much around: times are rounded to microseconds."""
UNCOMPRESSED = timedelta(days=7)
"""Age below which no event is compressed, where TimescaleDB compresses: compressed events have no transaction id."""
COUNTED_ORIGINS = ("declared", "listed")
"""Origins of grants that say what an agent may do; one that was only observed says what it did."""

_ADD_STATE = text(
    """
    INSERT INTO session_states (agent_id, version, seen, done, minutes, open, learned, learned_sessions)
    SELECT id, 0, (SELECT value FROM server_facts WHERE name = 'session_risk_since'), 0, '', '', '', 0
    FROM agents WHERE id = :agent_id AND removed_at IS NULL
    ON CONFLICT DO NOTHING
    """
)
_LOCK_STATE = text(
    """
    SELECT s.version, s.seen, s.target, s.done, s.minutes, a.agent_type, (
        SELECT v.learned_sessions FROM agent_versions v WHERE v.agent_id = s.agent_id
        ORDER BY v.announced_at DESC LIMIT 1
    ) AS learned_before
    FROM session_states s JOIN agents a ON a.id = s.agent_id
    WHERE s.agent_id = :agent_id FOR UPDATE OF s SKIP LOCKED
    """
)
_MINUTES = text("SELECT minute, calls FROM agent_minutes WHERE agent_id = :agent_id")
_XID = "(c.next - ((c.next - e.xmin::text::bigint) & 4294967295))"
"""Full id of an event's transaction: `xmin` has the lower 32 bits."""
_FROM_EVENTS = f"""
    FROM agent_events e, (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) c
    WHERE e.agent_id = :agent_id AND e.timestamp >= :since AND e.timestamp < :until
        AND pg_visible_in_snapshot({_XID}::text::xid8, CAST(CAST(:target AS text) AS pg_snapshot))
"""
_NEW_EVENTS = text(
    f"""
    SELECT e.id, e.timestamp, e.tool_name, e.operation, e.session_id, e.input_hash {_FROM_EVENTS}
        AND NOT coalesce(pg_visible_in_snapshot({_XID}::text::xid8, CAST(CAST(:seen AS text) AS pg_snapshot)), false)
    ORDER BY {_XID}, e.received_at, e.id OFFSET :done LIMIT :limit
    """
)
_COUNT_EVENTS = text(
    f"""
    SELECT floor(extract(epoch FROM e.timestamp) / 60)::int AS minute, count(*)::int AS calls {_FROM_EVENTS}
    GROUP BY 1
    """  # noqa: S608 - our own words
)


class LockedState(NamedTuple):
    """One agent's state, locked until the transaction ends, without what the engine knows."""

    version: int
    seen: str | None
    target: str | None
    done: int
    minutes: bytes
    kind: str
    """The agent's type: its peers are the agents of the same one."""
    learned_before: int | None
    """Sessions that its profile was made of when its newest version was announced; None if none was."""


class NewEvent(NamedTuple):
    """An event that is to be judged."""

    id: UUID
    timestamp: datetime
    tool_name: str
    operation: str | None
    session_id: str | None
    input_hash: bytes


class Alarm(NamedTuple):
    """A session above the alert line, as far as findings and scores depend on it."""

    id: UUID
    agent_id: UUID
    last_at: datetime
    risk: float
    reasons: list[dict[str, Any]]
    verdict: str | None
    muted_until: datetime | None


async def lock_state(session: AsyncSession, agent_id: UUID) -> LockedState | None:
    """Lock the state of an agent, made if there is none; None while another worker has it, or without such an agent."""
    row = (await session.execute(_LOCK_STATE, {"agent_id": agent_id})).one_or_none()
    if row is None:
        await session.execute(_ADD_STATE, {"agent_id": agent_id})
        row = (await session.execute(_LOCK_STATE, {"agent_id": agent_id})).one_or_none()
    return LockedState(*row) if row is not None else None


async def read_parts(session: AsyncSession, agent_id: UUID) -> tuple[bytes, bytes]:
    """Return what the engine knows of an agent: open sessions, and what was learned."""
    query = select(SessionStateRow.open, SessionStateRow.learned).where(SessionStateRow.agent_id == agent_id)
    row = (await session.execute(query)).one()
    return row.open, row.learned


async def write_state(session: AsyncSession, agent_id: UUID, values: Mapping[str, Any]) -> None:
    """Change columns of an agent's state."""
    await session.execute(update(SessionStateRow).where(SessionStateRow.agent_id == agent_id).values(values))


async def count_minutes(session: AsyncSession, agent_id: UUID) -> dict[int, int]:
    """Return the calls of an agent by minute, of those minutes that are kept."""
    return {row.minute: row.calls for row in await session.execute(_MINUTES, {"agent_id": agent_id})}


async def find_new_events(
    session: AsyncSession, agent_id: UUID, minutes: Iterable[int], state: LockedState, limit: int, oldest: datetime
) -> list[NewEvent]:
    """Return the next events of an agent that are visible in `state.target` and not in `state.seen`, in commit order.

    Those of one commit are in the order of their receipt. Only events of these minutes are looked for.
    """
    values = {**_range(agent_id, minutes, oldest), "target": state.target, "seen": state.seen}
    rows = await session.execute(_NEW_EVENTS, {**values, "done": state.done, "limit": limit})
    return [NewEvent(*row) for row in rows]


async def count_seen(
    session: AsyncSession, agent_id: UUID, minutes: Iterable[int], seen: str, oldest: datetime
) -> dict[int, int]:
    """Return how many events of these minutes are visible in a snapshot, by minute."""
    rows = await session.execute(_COUNT_EVENTS, {**_range(agent_id, minutes, oldest), "target": seen})
    return {row.minute: row.calls for row in rows}


def _range(agent_id: UUID, minutes: Iterable[int], oldest: datetime) -> dict[str, Any]:
    first, *others = sorted(minutes)
    last = others[-1] if others else first
    since = datetime.fromtimestamp(first * 60, UTC) - MARGIN
    until = datetime.fromtimestamp(last * 60 + 60, UTC) + MARGIN
    return {"agent_id": agent_id, "since": max(since, oldest), "until": until}


async def find_counted_grants(session: AsyncSession, agent_id: UUID) -> set[str]:
    """Return the tools that an agent may use, as far as that was declared or listed."""
    query = select(ToolGrantRow.tool_name).where(
        ToolGrantRow.agent_id == agent_id, ToolGrantRow.origin.in_(COUNTED_ORIGINS)
    )
    return set((await session.execute(query)).scalars())


async def find_norm_versions(session: AsyncSession, names: Iterable[str]) -> dict[str, int]:
    """Return the version of each of these norms that exists."""
    query = select(SessionNormRow.name, SessionNormRow.version).where(SessionNormRow.name.in_(list(names)))
    return {row.name: row.version for row in await session.execute(query)}


async def read_norm(session: AsyncSession, name: str) -> bytes | None:
    """Return the content of a norm; None if there is none yet."""
    return (
        await session.execute(select(SessionNormRow.content).where(SessionNormRow.name == name))
    ).scalar_one_or_none()


async def replace_norm(session: AsyncSession, name: str, version: int, content: bytes) -> bool:
    """Write version `version` + 1 of a norm; return False if another worker has written one meanwhile."""
    row = insert(SessionNormRow).values(name=name, version=version + 1, content=content)
    written = row.on_conflict_do_update(
        index_elements=[SessionNormRow.name],
        set_={"version": version + 1, "content": content},
        where=SessionNormRow.version == version,
    ).returning(SessionNormRow.version)
    return (await session.execute(written)).scalar_one_or_none() is not None


async def write_sessions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add sessions, or update those that exist; `timeline` holds the new calls only."""
    statement = insert(AgentSessionRow).values(list(rows))
    new = statement.excluded
    changed = {name: new[name] for name in ("last_at", "is_open", "calls", "tools", "risk", "reasons", "content")}
    await session.execute(
        statement.on_conflict_do_update(
            constraint="uq_agent_sessions_agent_number",
            set_={
                **changed,
                "is_alarm": AgentSessionRow.is_alarm | new.is_alarm,
                "timeline": AgentSessionRow.timeline.op("||")(new.timeline),
            },
        )
    )


async def find_undone_verdicts(session: AsyncSession, agent_id: UUID) -> Sequence[AgentSessionRow]:
    """Return the sessions whose verdict is still to be applied, without their content."""
    query = select(AgentSessionRow).where(
        AgentSessionRow.agent_id == agent_id, AgentSessionRow.is_verdict_applied.is_(False)
    )
    return (await session.execute(query)).scalars().all()


async def read_content(session: AsyncSession, session_key: UUID) -> bytes | None:
    """Return the packed session, if it is kept."""
    query = select(AgentSessionRow.content).where(AgentSessionRow.id == session_key)
    return (await session.execute(query)).scalar_one_or_none()


async def find_alarms(session: AsyncSession, agent_ids: Sequence[UUID], since: datetime) -> list[Alarm]:
    """Return the sessions above the alert line since a time, and those that a person called an attack, oldest first."""
    row = AgentSessionRow
    query = (
        select(row.id, row.agent_id, row.last_at, row.risk, row.reasons, row.verdict, row.muted_until)
        .where(row.agent_id.in_(agent_ids), row.is_alarm, (row.last_at >= since) | (row.verdict == "attack"))
        .order_by(row.last_at, row.id)
    )
    return [Alarm(*one) for one in await session.execute(query)]


async def list_sessions(
    session: AsyncSession, agent_id: UUID, limit: int, order: str, before: tuple[Any, UUID] | None
) -> Sequence[AgentSessionRow]:
    """List an agent's sessions, the latest or the riskiest first; `before` continues after the last of a page."""
    column = AgentSessionRow.risk if order == "risk" else AgentSessionRow.last_at
    query = select(AgentSessionRow).where(AgentSessionRow.agent_id == agent_id)
    if before is not None:
        query = query.where(tuple_(column, AgentSessionRow.id) < before)
    query = query.order_by(column.desc(), AgentSessionRow.id.desc()).limit(limit)
    return (await session.execute(query)).scalars().all()


async def get_session(session: AsyncSession, session_key: UUID, *, for_update: bool = False) -> AgentSessionRow | None:
    """Return one session of an agent that was not removed."""
    query = (
        select(AgentSessionRow)
        .join(AgentRow, AgentRow.id == AgentSessionRow.agent_id)
        .where(AgentSessionRow.id == session_key, AgentRow.removed_at.is_(None))
    )
    if for_update:
        query = query.with_for_update(of=AgentSessionRow)
    return (await session.execute(query)).scalar_one_or_none()


async def find_events(session: AsyncSession, places: Sequence[tuple[datetime, UUID]]) -> dict[UUID, EventRow]:
    """Return the stored events of these times and ids."""
    if not places:
        return {}
    query = select(EventRow).where(
        EventRow.timestamp.in_([at for at, _ in places]), tuple_(EventRow.timestamp, EventRow.id).in_(places)
    )
    return {row.id: row for row in (await session.execute(query)).scalars()}


async def count_learned(session: AsyncSession, agent_id: UUID) -> tuple[int, int | None]:
    """Return how many sessions an agent's profile is made of, now and when its newest version was announced."""
    row = AgentVersionRow
    before = select(row.learned_sessions).where(row.agent_id == agent_id).order_by(row.announced_at.desc()).limit(1)
    query = select(SessionStateRow.learned_sessions).where(SessionStateRow.agent_id == agent_id)
    learned = (await session.execute(query)).scalar_one_or_none() or 0
    return learned, (await session.execute(before)).scalar_one_or_none()


async def find_learning(session: AsyncSession, agent_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int | None]]:
    """Return `count_learned` of several agents, of those that have a state."""
    row = AgentVersionRow
    before = (
        select(row.learned_sessions)
        .where(row.agent_id == SessionStateRow.agent_id)
        .order_by(row.announced_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(SessionStateRow.agent_id, SessionStateRow.learned_sessions, before.label("learned_before"))
    rows = await session.execute(query.where(SessionStateRow.agent_id.in_(agent_ids)))
    return {one.agent_id: (one.learned_sessions, one.learned_before) for one in rows}


async def has_hypertable(session: AsyncSession) -> bool:
    """Return whether TimescaleDB holds the events, and so may compress them."""
    return bool(
        (
            await session.execute(text("SELECT relkind <> 'p' FROM pg_class WHERE oid = 'agent_events'::regclass"))
        ).scalar()
    )
