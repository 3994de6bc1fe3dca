"""Judges the sessions of agents: reads their new events in commit order and keeps what the engine knows.

One worker at a time judges an agent: it locks the agent's state, and writes state and sessions in one transaction, for
a few agents at once. So each event is judged once, and a worker that dies has judged nothing. What is normal for many
agents is written only if no other worker has written it meanwhile; else the agents are judged again, from the stored
state.
"""

import asyncio
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from agentsentinel.kit.database import Database, DatabaseSession
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.kit.snapshot import Snapshot
from agentsentinel.models import AgentSessionRow
from agentsentinel.session_risk import repository
from agentsentinel.session_risk.learning import missing_sessions
from agentsentinel.session_risk.repository import LockedState, NewEvent
from agentsentinel_core.behavior.sessions.combination import Constants, read_constants
from agentsentinel_core.behavior.sessions.engine import RiskEngine
from agentsentinel_core.behavior.sessions.fitted import FITTED
from agentsentinel_core.behavior.sessions.session import Session, call_of
from agentsentinel_core.behavior.sessions.state import (
    pack_fleet,
    pack_learned,
    pack_open,
    pack_profile,
    pack_session,
    unpack_agent,
    unpack_fleet,
    unpack_profile,
    unpack_session,
)

log = structlog.get_logger(__name__)

MOST_EVENTS = 500
"""Events of one agent that one transaction judges, so that a flood of one agent does not delay the others for long."""
MOST_AGENTS = 10_000
"""Agents whose state is kept in memory; the one that was judged longest ago is evicted."""
MOST_LEARNED_BYTES = 16_000_000
"""Most of what these have learned, as it is stored; it takes some 17 times as much memory."""
SLICE_EVENTS = 20
"""Events that are judged before the event loop may serve others, some 2 ms."""
FLEET = "fleet"
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class _Touched:
    """A session with the calls that were judged in this transaction."""

    def __init__(self, session: Session, first: NewEvent) -> None:
        self.session = session
        self.session_id = first.session_id
        self.timeline: list[list[Any]] = []
        self.failed_calls = 0
        self.max_anomaly_score = 0.0
        self.is_open = True
        self.is_alarm = False
        self.is_learning = False

    def add(self, event: NewEvent, at: float, alert_line: float, *, is_learning: bool) -> None:
        """Add a call that was judged; above the alert line it makes the session an alarm, unless the agent learns."""
        self.is_learning = is_learning
        self.is_alarm |= self.session.risk > alert_line and not is_learning
        self.timeline.append([at, str(event.id), round(self.session.risk, 6)])
        self.failed_calls += event.status != "ok"
        self.max_anomaly_score = max(self.max_anomaly_score, event.anomaly_score or 0.0)


class _Task:
    """What there is to do for one agent in one transaction."""

    def __init__(
        self,
        state: LockedState,
        events: Sequence[NewEvent],
        verdicts: Sequence[AgentSessionRow],
        minutes: dict[int, int],
        *,
        is_last: bool,
        is_resumed: bool,
    ) -> None:
        self.state = state
        self.key = str(state.agent_id)
        self.events = events
        self.verdicts = verdicts
        self.minutes = minutes
        """Calls that were judged before, by minute."""
        self.is_last = is_last
        """Whether no further events of the snapshot are to be judged."""
        self.needs_more = is_resumed or not is_last
        """Whether there may be more to judge: in this snapshot, or in a newer one than that of an earlier pass."""
        self.changes = 0
        """Changes of what the engine has learned of the agent, before the task."""


class _OutdatedError(Exception):
    """Another worker has changed what is normal for many agents."""


class SessionJudge:
    """Judges sessions with one engine, whose state it loads and stores."""

    def __init__(self, database: Database, alert_budget: float, constants: Constants | None = None) -> None:
        self._database = database
        self._constants = constants or read_constants(FITTED)
        self.alert_budget = alert_budget
        """False alarms that are acceptable in 1,000 normal sessions."""
        self.alert_line = self.alert_line_of(alert_budget)
        """Risk above which a session is an alarm."""
        self._engine = RiskEngine(self._constants, explains=True)
        self._versions: OrderedDict[UUID, int] = OrderedDict()
        """Versions of the agents in the engine, the one that was judged longest ago first."""
        self._learned_bytes: dict[UUID, int] = {}
        """Size of what each of them has learned, as it is stored."""
        self._norms: dict[str, int] = {}
        """Versions of the norms in the engine."""
        self._is_hypertable: bool | None = None
        self._failed: set[UUID] = set()

    def alert_line_of(self, alert_budget: float) -> float:
        """Return the alert line of a budget."""
        return self._constants.alert_line(alert_budget)

    async def judge(self, agent_ids: Iterable[UUID], snapshot: str, most_events: int = MOST_EVENTS) -> set[UUID]:
        """Judge the events of these agents that are visible in a snapshot, at most `most_events` of each agent.

        Returns the agents that need another pass. The counters must hold the events of the snapshot. An error is
        logged, and the agent is left to `take_failed`.
        """
        chunk = list(agent_ids)
        try:
            async with self._database.transaction() as session:
                return await self._judge_chunk(session, chunk, snapshot, most_events)
        except BaseException as error:  # an agent that cannot be judged must still be scored, and so must the others
            self._forget(chunk)
            if not isinstance(error, Exception) or is_database_unavailable(error):
                raise
            if isinstance(error, _OutdatedError):
                return set(chunk)
            if len(chunk) == 1:
                log.error("judging_failed", agent_id=str(chunk[0]), exc_info=error)
                self._failed.update(chunk)
                return set()
        behind = [await self.judge([agent_id], snapshot, most_events) for agent_id in chunk]
        return set().union(*behind)

    def take_failed(self) -> set[UUID]:
        """Return the agents that could not be judged since the last call, to try them again."""
        failed, self._failed = self._failed, set()
        return failed

    def _forget(self, agent_ids: Iterable[UUID]) -> None:
        """Forget what may be ahead of the database: these agents, and what is normal for many."""
        for agent_id in agent_ids:
            self._evict(agent_id)
        self._norms.clear()

    def _evict(self, agent_id: UUID) -> None:
        self._versions.pop(agent_id, None)
        self._learned_bytes.pop(agent_id, None)
        self._engine.agents.pop(str(agent_id), None)
        self._engine.grants.pop(str(agent_id), None)

    def _evict_old(self, in_use: Set[UUID]) -> None:
        """Evict the agents that were judged longest ago, until the others fit in memory."""
        total = sum(self._learned_bytes.values())
        if len(self._versions) <= MOST_AGENTS and total <= MOST_LEARNED_BYTES:
            return  # nearly always, and before each transaction
        for agent_id in [one for one in self._versions if one not in in_use]:
            if len(self._versions) <= MOST_AGENTS and total <= MOST_LEARNED_BYTES:
                return
            total -= self._learned_bytes.get(agent_id, 0)
            self._evict(agent_id)

    async def _judge_chunk(
        self, session: DatabaseSession, agent_ids: Sequence[UUID], snapshot: str, most_events: int
    ) -> set[UUID]:
        """Judge agents in one transaction; return those that have more events in the snapshot, or are locked."""
        states, behind = await repository.lock_states(session, agent_ids)
        tasks = await self._find_tasks(session, states, snapshot, most_events)
        if not tasks:
            return behind
        await self._load(session, [task.state for task in tasks])
        learned = self._engine.learned
        rows: list[dict[str, Any]] = []
        for task in tasks:
            task.changes = self._engine.agents[task.key].changes
            for verdict in task.verdicts:
                await self._apply(session, verdict)
            touched = await self._observe(task)
            rows += [self._row(task.state.agent_id, one) for one in touched.values()]
        await repository.write_sessions(session, rows)
        values = [self._state_after(task) for task in tasks]
        await repository.write_states(session, [one for one in values if "learned" in one])
        await repository.write_states(session, [one for one in values if "learned" not in one])
        if self._engine.learned != learned:
            await self._write_norms(session, {task.state.kind for task in tasks})
        for task in tasks:
            self._versions[task.state.agent_id] = task.state.version + 1
            self._versions.move_to_end(task.state.agent_id)
        return behind | {task.state.agent_id for task in tasks if task.needs_more}

    async def _find_tasks(
        self, session: DatabaseSession, states: Sequence[LockedState], snapshot: str, most_events: int
    ) -> list[_Task]:
        """Return what there is to do for these agents: events to be judged, and verdicts to be applied."""
        ids = [state.agent_id for state in states]
        counted = await repository.count_minutes(session, ids)
        verdicts = await repository.find_undone_verdicts(session, ids)
        oldest = await self._oldest(session)
        tasks = []
        for locked in states:
            counts = counted[locked.agent_id]
            state, minutes = await self._begin(session, locked, snapshot, counts, oldest)
            due = [minute for minute, calls in counts.items() if calls > minutes.get(minute, 0)]
            events = await repository.find_new_events(session, due, state, most_events, oldest) if due else []
            said = [row for row in verdicts if row.agent_id == state.agent_id]
            if events or said or locked.target is not None:
                minutes = {minute: minutes.get(minute, 0) for minute in counts}
                tasks.append(
                    _Task(
                        state,
                        events,
                        said,
                        minutes,
                        is_last=len(events) < most_events,
                        is_resumed=locked.target is not None,
                    )
                )
        return tasks

    def _state_after(self, task: _Task) -> dict[str, Any]:
        """Return the changed columns of a task's state."""
        state, agent = task.state, self._engine.agents[task.key]
        minutes = task.minutes
        for event in task.events:
            minute = int(event.timestamp.timestamp()) // 60
            minutes[minute] = minutes.get(minute, 0) + 1
        after = None if task.is_last else state.after(task.events)
        values: dict[str, Any] = {
            "agent_id": state.agent_id,
            "version": state.version + 1,
            "seen": state.seen if after else state.target,
            "target": after and after.target,
            "done": after.done if after else 0,
            "last_judged": after and after.last_judged,
            "minutes": msgspec.msgpack.encode(minutes),
            "open": _pack(pack_open(agent)),
            "learned_sessions": agent.profile.sessions,
            "relearns": state.relearns and missing_sessions(agent.profile.sessions) > 0,
        }
        if agent.changes != task.changes:
            values["learned"] = _pack(pack_learned(agent))
            self._learned_bytes[state.agent_id] = len(values["learned"])
        return values

    async def _oldest(self, session: DatabaseSession) -> datetime:
        if self._is_hypertable is None:
            self._is_hypertable = await repository.has_hypertable(session)
        return now() - repository.UNCOMPRESSED if self._is_hypertable else EVER

    async def _begin(
        self,
        session: DatabaseSession,
        state: LockedState,
        snapshot: str,
        counted: Mapping[int, int],
        oldest: datetime,
    ) -> tuple[LockedState, dict[int, int]]:
        """Return the state with the snapshot that is to be judged, and the judged calls by minute."""
        target = state.target or snapshot
        seen = state.seen
        if seen is not None and Snapshot.of(seen).end > Snapshot.of(target).end:
            seen = None  # the database was restored into another cluster, where transaction ids begin anew
        state = state._replace(seen=seen, target=target)
        if state.version or seen is None or not counted:
            return state, msgspec.msgpack.decode(state.minutes, type=dict[int, int]) if state.minutes else {}
        return state, await repository.count_seen(session, state.agent_id, counted, seen, oldest)

    async def _load(self, session: DatabaseSession, states: Sequence[LockedState]) -> None:
        """Load into the engine what another worker has changed, or what was not loaded yet."""
        engine = self._engine
        changed = [
            state
            for state in states
            if self._versions.get(state.agent_id) != state.version or str(state.agent_id) not in engine.agents
        ]
        if changed:
            parts = await repository.read_parts(session, [state.agent_id for state in changed])
            for state in changed:
                packed = (_unpack(part) for part in parts[state.agent_id])
                engine.agents[str(state.agent_id)] = unpack_agent(state.kind, *packed)
                self._learned_bytes[state.agent_id] = len(parts[state.agent_id][1])
        grants = await repository.find_counted_grants(session, [state.agent_id for state in states])
        for state in states:
            key = str(state.agent_id)
            engine.agents[key].kind = state.kind
            engine.grants.pop(key, None)
            if state.agent_id in grants:
                engine.grants[key] = grants[state.agent_id]
        await self._load_norms(session, {state.kind for state in states})
        self._evict_old({state.agent_id for state in states})

    async def _load_norms(self, session: DatabaseSession, kinds: Set[str]) -> None:
        engine = self._engine
        versions = await repository.find_norm_versions(session, [*map(_norm_of, kinds), FLEET])
        for kind in kinds:
            name = _norm_of(kind)
            if self._norms.get(name) != versions.get(name, 0) or kind not in engine.peers:
                engine.peers[kind] = unpack_profile(_unpack(await repository.read_norm(session, name)))
                self._norms[name] = versions.get(name, 0)
        if self._norms.get(FLEET) != versions.get(FLEET, 0):
            engine.fleet = unpack_fleet(_unpack(await repository.read_norm(session, FLEET)))
            self._norms[FLEET] = versions.get(FLEET, 0)

    async def _apply(self, session: DatabaseSession, row: Any) -> None:
        """Apply what a person says about a session."""
        content = _unpack(await repository.read_content(session, row.id) or b"")
        kept = unpack_session(content) or self._find(row.agent_id, row.number)
        if kept is not None and row.verdict is not None:
            self._engine.decide(str(row.agent_id), kept, row.verdict)
        row.is_verdict_applied = True

    def _find(self, agent_id: UUID, number: int) -> Session | None:
        agent = self._engine.agents[str(agent_id)]
        waiting = (one.session for one in agent.pending if one.session.number == number)
        return agent.open.get(number) or next(waiting, None)

    async def _observe(self, task: _Task) -> dict[int, _Touched]:
        """Judge events; return the sessions that they belong to, and those that ended, by number."""
        engine, key, state = self._engine, task.key, task.state
        touched: dict[int, _Touched] = {}
        for place, event in enumerate(task.events):
            if place % SLICE_EVENTS == SLICE_EVENTS - 1:
                await asyncio.sleep(0)
            call = call_of(
                event.tool_name,
                event.timestamp.timestamp(),
                event.operation,
                event.input_hash.hex(),
                is_granted=engine.is_granted(key, event.tool_name),
            )
            is_learning = missing_sessions(engine.agents[key].profile.sessions) > 0
            is_trusted = is_learning and state.relearns
            judged = engine.judge(key, state.kind, event.session_id, call, is_trusted=is_trusted)
            for ended in judged.ended:
                touched.setdefault(ended.number, _Touched(ended, event)).is_open = False
            one = touched.setdefault(judged.session.number, _Touched(judged.session, event))
            one.add(event, call.at, self.alert_line, is_learning=is_learning)
        return touched

    def _row(self, agent_id: UUID, touched: _Touched) -> dict[str, Any]:
        session = touched.session
        times = [call.at for call in session.calls]
        teaches = touched.is_open or session.risk < self._constants.alert_risk
        return {
            "id": uuid7(time.time()),
            "agent_id": agent_id,
            "number": session.number,
            "session_id": touched.session_id,
            "started_at": datetime.fromtimestamp(session.started_at, UTC),
            "last_at": datetime.fromtimestamp(max(times), UTC),
            "is_open": touched.is_open,
            "calls": len(times),
            "tools": len({call.token for call in session.calls}),
            "failed_calls": touched.failed_calls,
            "max_anomaly_score": touched.max_anomaly_score,
            "risk": session.risk,
            "is_alarm": touched.is_alarm,
            "is_learning": touched.is_learning,
            "reasons": [reason._asdict() for reason in session.reasons],
            "timeline": touched.timeline,
            "content": None if teaches else _pack(pack_session(session)),
        }

    async def _write_norms(self, session: DatabaseSession, kinds: Set[str]) -> None:
        contents = {_norm_of(kind): pack_profile(self._engine.peers[kind]) for kind in sorted(kinds)}
        contents[FLEET] = pack_fleet(self._engine.fleet)
        for name, content in contents.items():
            if not await repository.replace_norm(session, name, self._norms[name], _pack(content)):
                raise _OutdatedError
            self._norms[name] += 1


def _norm_of(kind: str) -> str:
    return f"kind:{kind}"


def _pack(plain: dict[str, Any]) -> bytes:
    return zlib.compress(msgspec.json.encode(plain), 1)


def _unpack(content: bytes | None) -> dict[str, Any] | None:
    return msgspec.json.decode(zlib.decompress(content), type=dict[str, Any]) if content else None
