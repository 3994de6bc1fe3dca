"""SQL of session risk: which events are to be judged, what the engine knows, and the sessions.

Events have no number in the order of their commits, and get none: the ids of their transactions (`xmin`) say which are
visible in one snapshot and not in an earlier one, exactly once, however many servers store events at the same time.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, case, cast, func, literal, not_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan, within
from agentsentinel.kit.windows import Ranked
from agentsentinel.models import (
    AgentRow,
    AgentSessionRow,
    EventRow,
    SessionNormRow,
    SessionStateRow,
    ToolGrantRow,
)

MARGIN = timedelta(seconds=1)
"""Events are looked for in the minutes that count them and this much around: times are rounded to microseconds."""
UNCOMPRESSED = timedelta(days=7)
"""Age below which no event is compressed, where TimescaleDB compresses: compressed events have no transaction id."""
MOST_ROWS = 500
"""Sessions that one statement writes; PostgreSQL takes 32,767 parameters."""
COUNTED_ORIGINS = ("declared", "listed")
"""Origins of grants that say what an agent may do; one that was only observed says what it did."""

_ADD_STATES = text(
    """
    INSERT INTO session_states (agent_id, version, seen, done, minutes, open, learned, learned_sessions, relearns)
    SELECT id, 0, (SELECT value FROM server_facts WHERE name = 'session_risk_since'), 0, '', '', '', 0, false
    FROM agents WHERE id = ANY(:ids) AND removed_at IS NULL
    ON CONFLICT DO NOTHING
    """
)
_LOCK_STATES = text(
    """
    SELECT s.agent_id, s.version, s.seen, s.target, s.done, s.minutes, s.relearns, a.agent_type, s.last_judged
    FROM session_states s JOIN agents a ON a.id = s.agent_id
    WHERE s.agent_id = ANY(:ids) ORDER BY s.agent_id FOR UPDATE OF s SKIP LOCKED
    """
)
_MINUTES = text("SELECT agent_id, minute, calls FROM agent_minutes WHERE agent_id = ANY(:ids)")
_XID = "(c.next - ((c.next - e.xmin::text::bigint) & 4294967295))"
"""Full id of an event's transaction: `xmin` has the lower 32 bits."""
_FROM_EVENTS = f"""
    FROM agent_events e, (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) c
    WHERE e.agent_id = :agent_id AND e.timestamp >= :since AND e.timestamp < :until
        AND pg_visible_in_snapshot({_XID}::text::xid8, CAST(CAST(:target AS text) AS pg_snapshot))
"""
_NEW_EVENTS = text(
    f"""
    SELECT e.id, e.timestamp, e.tool_name, e.operation, e.session_id, e.input_hash, e.status, e.anomaly_score,
        {_XID} AS transaction, e.received_at
    {_FROM_EVENTS}
        AND NOT coalesce(pg_visible_in_snapshot({_XID}::text::xid8, CAST(CAST(:seen AS text) AS pg_snapshot)), false)
        AND (CAST(:last_id AS uuid) IS NULL OR ({_XID}, e.received_at, e.id)
            > (CAST(:last_transaction AS bigint), CAST(:last_received_at AS timestamptz), CAST(:last_id AS uuid)))
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

    agent_id: UUID
    version: int
    seen: str | None
    target: str | None
    done: int
    minutes: bytes
    relearns: bool
    """Whether all sessions teach, since a new version was announced."""
    kind: str
    """The agent's type: its peers are the agents of the same one."""
    last_judged: list[Any] | None = None

    def after(self, events: Sequence["NewEvent"]) -> "LockedState":
        """Return the state after these further events of the target."""
        done, last = self.done + len(events), events[-1]
        judged = LastJudged(self.target, done, last.transaction, last.received_at.isoformat(), str(last.id))
        return self._replace(done=done, last_judged=list(judged))


class LastJudged(NamedTuple):
    """The event of a target that was judged last, as the database keeps it.

    It holds for its target and count only: an older version goes on by the count alone.
    """

    target: str | None
    done: int
    transaction: int
    received_at: str
    event_id: str


class NewEvent(NamedTuple):
    """An event that is to be judged."""

    id: UUID
    timestamp: datetime
    tool_name: str
    operation: str | None
    session_id: str | None
    input_hash: bytes
    status: str
    anomaly_score: float | None
    transaction: int
    received_at: datetime


class Alarm(NamedTuple):
    """A session above the alert line, as far as findings and scores depend on it."""

    id: UUID
    agent_id: UUID
    last_at: datetime
    risk: float
    reasons: list[dict[str, Any]]
    verdict: str | None
    muted_until: datetime | None
    was_alarm: bool


async def lock_states(session: AsyncSession, agent_ids: Sequence[UUID]) -> tuple[list[LockedState], set[UUID]]:
    """Lock the states of these agents, made where there is none.

    Returns the locked ones, and the agents whose state another worker has locked.
    """
    states = await _lock(session, agent_ids)
    missing = set(agent_ids) - {state.agent_id for state in states}
    if not missing:
        return states, set()
    await session.execute(_ADD_STATES, {"ids": list(missing)})
    states += await _lock(session, list(missing))
    missing -= {state.agent_id for state in states}
    known = select(SessionStateRow.agent_id).where(SessionStateRow.agent_id.in_(missing))
    return states, set((await session.execute(known)).scalars()) if missing else set()


async def _lock(session: AsyncSession, agent_ids: Sequence[UUID]) -> list[LockedState]:
    return [LockedState(*row) for row in await session.execute(_LOCK_STATES, {"ids": list(agent_ids)})]


async def read_parts(session: AsyncSession, agent_ids: Iterable[UUID]) -> dict[UUID, tuple[bytes, bytes]]:
    """Return what the engine knows of agents: open sessions, and what was learned."""
    query = select(SessionStateRow.agent_id, SessionStateRow.open, SessionStateRow.learned)
    rows = await session.execute(query.where(SessionStateRow.agent_id.in_(list(agent_ids))))
    return {row.agent_id: (row.open, row.learned) for row in rows}


async def write_states(session: AsyncSession, values: Sequence[dict[str, Any]]) -> None:
    """Change the states of agents; each of `values` has the same columns and names its agent by `agent_id`."""
    if values:
        await session.execute(update(SessionStateRow), list(values))


async def count_minutes(session: AsyncSession, agent_ids: Sequence[UUID]) -> dict[UUID, dict[int, int]]:
    """Return the calls of agents by minute, of those minutes that are kept."""
    counted: dict[UUID, dict[int, int]] = {agent_id: {} for agent_id in agent_ids}
    for row in await session.execute(_MINUTES, {"ids": list(agent_ids)}):
        counted[row.agent_id][row.minute] = row.calls
    return counted


async def find_new_events(
    session: AsyncSession, minutes: Iterable[int], state: LockedState, limit: int, oldest: datetime
) -> list[NewEvent]:
    """Return the next events of an agent that are visible in `state.target` and not in `state.seen`, in commit order.

    Those of one commit are in the order of their receipt. Only events of these minutes are looked for.
    """
    values = {**_range(state.agent_id, minutes, oldest), "target": state.target, "seen": state.seen}
    rows = await session.execute(_NEW_EVENTS, {**values, **_start(state), "limit": limit})
    return [NewEvent(*row) for row in rows]


def _start(state: LockedState) -> dict[str, Any]:
    """Return after which event of the target to go on, or, where that is not known, after how many."""
    last = LastJudged(*state.last_judged) if state.last_judged else None
    if last is None or (last.target, last.done) != (state.target, state.done):
        return {"last_transaction": None, "last_received_at": None, "last_id": None, "done": state.done}
    received_at = datetime.fromisoformat(last.received_at)
    return {
        "last_transaction": last.transaction,
        "last_received_at": received_at,
        "last_id": UUID(last.event_id),
        "done": 0,
    }


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


async def find_counted_grants(session: AsyncSession, agent_ids: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Return the tools that agents may use, as far as that was declared or listed; without agents that have none."""
    query = select(ToolGrantRow.agent_id, ToolGrantRow.tool_name).where(
        ToolGrantRow.agent_id.in_(list(agent_ids)), ToolGrantRow.origin.in_(COUNTED_ORIGINS)
    )
    grants: dict[UUID, set[str]] = {}
    for row in await session.execute(query):
        grants.setdefault(row.agent_id, set()).add(row.tool_name)
    return grants


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
    """Add sessions, or update those that exist; timeline, failed calls and anomaly score are of the new calls only."""
    for start in range(0, len(rows), MOST_ROWS):
        await _write_sessions(session, rows[start : start + MOST_ROWS])


async def _write_sessions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(AgentSessionRow).values(list(rows))
    new = statement.excluded
    names = ("last_at", "is_open", "calls", "tools", "risk", "reasons", "content")
    changed = {name: new[name] for name in names}
    await session.execute(
        statement.on_conflict_do_update(
            constraint="uq_agent_sessions_agent_number",
            set_={
                **changed,
                "is_alarm": AgentSessionRow.is_alarm | new.is_alarm,
                # A session that ends without a call is not judged anew: what held at its last call stays.
                "is_learning": case(
                    (func.jsonb_array_length(new.timeline) == 0, AgentSessionRow.is_learning), else_=new.is_learning
                ),
                "failed_calls": AgentSessionRow.failed_calls + new.failed_calls,
                "max_anomaly_score": func.greatest(AgentSessionRow.max_anomaly_score, new.max_anomaly_score),
                "timeline": AgentSessionRow.timeline.op("||")(new.timeline),
            },
        )
    )


async def find_undone_verdicts(session: AsyncSession, agent_ids: Sequence[UUID]) -> Sequence[AgentSessionRow]:
    """Return and lock the sessions whose verdict is still to be applied, without their content."""
    is_undone = AgentSessionRow.is_verdict_applied.is_(False)
    query = select(AgentSessionRow).where(AgentSessionRow.agent_id.in_(agent_ids), is_undone).with_for_update()
    return (await session.execute(query)).scalars().all()


async def read_content(session: AsyncSession, session_key: UUID) -> bytes | None:
    """Return the packed session, if it is kept."""
    query = select(AgentSessionRow.content).where(AgentSessionRow.id == session_key)
    return (await session.execute(query)).scalar_one_or_none()


async def find_alarms(session: AsyncSession, agent_ids: Sequence[UUID], since: datetime) -> list[Alarm]:
    """Return the sessions above the alert line since a time, and those that a person called an attack, oldest first."""
    row = AgentSessionRow
    query = (
        select(row.id, row.agent_id, row.last_at, row.risk, row.reasons, row.verdict, row.muted_until, row.is_alarm)
        .where(row.agent_id.in_(agent_ids), (row.is_alarm & (row.last_at >= since)) | (row.verdict == "attack"))
        .order_by(row.last_at, row.id)
    )
    return [Alarm(*one) for one in await session.execute(query)]


async def list_riskiest(
    session: AsyncSession, agent_id: UUID, limit: int, span: TimeSpan = ALL_TIME, after: Ranked | None = None
) -> Sequence[AgentSessionRow]:
    """List an agent's judged sessions that overlap a span, the riskiest first; `after` continues an earlier page."""
    query = select(AgentSessionRow).where(AgentSessionRow.agent_id == agent_id, *_overlaps(span))
    if after is not None:
        query = query.where(tuple_(AgentSessionRow.risk, AgentSessionRow.id) < after)
    query = query.order_by(AgentSessionRow.risk.desc(), AgentSessionRow.id.desc()).limit(limit)
    return (await session.execute(query)).scalars().all()


async def count_sessions(session: AsyncSession, agent_id: UUID, span: TimeSpan, *, are_named: bool) -> int:
    """Count an agent's judged sessions that overlap a span; with `are_named`, the ids that clients gave them."""
    counted = func.count(AgentSessionRow.session_id.distinct()) if are_named else func.count()
    query = select(counted).select_from(AgentSessionRow).where(AgentSessionRow.agent_id == agent_id, *_overlaps(span))
    return (await session.execute(query)).scalar_one()


def _overlaps(span: TimeSpan) -> list[ColumnElement[bool]]:
    since, until = TimeSpan(since=span.since), TimeSpan(until=span.until)
    return [*within(AgentSessionRow.last_at, since), *within(AgentSessionRow.started_at, until)]


class Flagged(NamedTuple):
    """How many sessions lie above a line, and how many agents have one."""

    sessions: int
    agents: int


async def count_above(
    session: AsyncSession, since: datetime, alert_lines: Sequence[float]
) -> tuple[int, list[Flagged]]:
    """Count the sessions since a time that were not judged while learning: all, and those above each of these lines."""
    row = AgentSessionRow
    columns: list[Any] = [func.count()]
    for line in alert_lines:
        columns.append(func.count().filter(row.risk > line))
        columns.append(func.count(row.agent_id.distinct()).filter(row.risk > line))
    query = (
        select(*columns)
        .join(AgentRow, AgentRow.id == row.agent_id)
        .where(row.last_at >= since, row.is_learning.is_(False), AgentRow.removed_at.is_(None))
    )
    total, *counts = (await session.execute(query)).one()
    return total, [Flagged(*pair) for pair in zip(counts[::2], counts[1::2], strict=True)]


class RiskOfDay(NamedTuple):
    """The sessions of an agent whose last call was on one day (UTC)."""

    day: date
    sessions: int
    alarms: int
    risk: float
    riskiest: UUID


async def list_days(
    session: AsyncSession, agent_id: UUID, since: date, now: datetime, *, is_learning: bool
) -> list[RiskOfDay]:
    """List the days since one, itself included, on which sessions of an agent ended, the first one first.

    Alarms are those of `alarms.counts_as_alarm`.
    """
    row = AgentSessionRow
    is_muted = row.muted_until.is_not(None) & (row.muted_until > now)
    counts = row.is_alarm & row.verdict.is_(None) & not_(is_muted) & literal(not is_learning)
    day = cast(func.timezone("UTC", row.last_at), Date)
    query = (
        select(
            day,
            func.count(),
            func.count().filter((row.verdict == "attack") | counts),
            func.max(row.risk),
            func.array_agg(aggregate_order_by(row.id, row.risk.desc(), row.id.desc()))[1],
        )
        .where(row.agent_id == agent_id, row.last_at >= datetime(since.year, since.month, since.day, tzinfo=UTC))
        .group_by(day)
        .order_by(day)
    )
    return [RiskOfDay(*one) for one in await session.execute(query)]


async def find_by_client_ids(
    session: AsyncSession, agent_id: UUID, session_ids: Iterable[str]
) -> dict[str, AgentSessionRow]:
    """Return the riskiest judged session of each of these ids that clients gave."""
    query = select(AgentSessionRow).where(
        AgentSessionRow.agent_id == agent_id, AgentSessionRow.session_id.in_(list(session_ids))
    )
    rows = (await session.execute(query.order_by(AgentSessionRow.risk, AgentSessionRow.id))).scalars()
    return {row.session_id: row for row in rows if row.session_id is not None}


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


async def forget_learned(session: AsyncSession, agent_id: UUID) -> None:
    """Forget what an agent has learned, and let all sessions teach until it has learned enough again."""
    await session.execute(_ADD_STATES, {"ids": [agent_id]})
    values = {"learned": b"", "learned_sessions": 0, "relearns": True, "version": SessionStateRow.version + 1}
    await session.execute(update(SessionStateRow).where(SessionStateRow.agent_id == agent_id).values(values))


async def find_learned(session: AsyncSession, agent_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how many sessions the profiles of these agents are made of, of those that have a state."""
    query = select(SessionStateRow.agent_id, SessionStateRow.learned_sessions)
    rows = await session.execute(query.where(SessionStateRow.agent_id.in_(list(agent_ids))))
    return {row.agent_id: row.learned_sessions for row in rows}


async def has_hypertable(session: AsyncSession) -> bool:
    """Return whether TimescaleDB holds the events, and so may compress them."""
    return bool(
        (
            await session.execute(text("SELECT relkind <> 'p' FROM pg_class WHERE oid = 'agent_events'::regclass"))
        ).scalar()
    )
