"""Judges the sessions of agents: reads their new events in commit order and keeps what the engine knows.

One worker at a time judges an agent: it locks the agent's state, and writes state and sessions in one transaction. So
each event is judged once, and a worker that dies has judged nothing. What is normal for many agents is written only if
no other worker has written it meanwhile; else the agent is judged again, from the stored state.
"""

import asyncio
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from agentsentinel.kit.database import Database, DatabaseSession
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.kit.snapshot import Snapshot
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
MOST_AGENTS = 1_000
"""Agents whose state is kept in memory; the one that was judged longest ago is evicted."""
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

    def add(self, event: NewEvent, at: float, alert_line: float) -> None:
        """Add a call that was judged; above the alert line it makes the session an alarm."""
        self.is_alarm |= self.session.risk > alert_line
        self.timeline.append([at, str(event.id), round(self.session.risk, 6)])
        self.failed_calls += event.status != "ok"
        self.max_anomaly_score = max(self.max_anomaly_score, event.anomaly_score or 0.0)


class _OutdatedError(Exception):
    """Another worker has changed what is normal for many agents."""


class SessionJudge:
    """Judges sessions with one engine, whose state it loads and stores."""

    def __init__(self, database: Database, alert_budget: float, constants: Constants | None = None) -> None:
        self._database = database
        self._constants = constants or read_constants(FITTED)
        self.alert_line = self._constants.alert_line(alert_budget)
        """Risk above which a session is an alarm."""
        self._engine = RiskEngine(self._constants, explains=True)
        self._versions: OrderedDict[UUID, int] = OrderedDict()
        """Versions of the agents in the engine, the one that was judged longest ago first."""
        self._norms: dict[str, int] = {}
        """Versions of the norms in the engine."""
        self._is_hypertable: bool | None = None
        self._failed: set[UUID] = set()

    async def judge(self, agent_ids: Iterable[UUID], snapshot: str) -> set[UUID]:
        """Judge the events of these agents that are visible in a snapshot; return the agents that need another pass.

        The counters must hold the events of the snapshot. An error is logged, and the agent is left to `take_failed`.
        """
        return {agent_id for agent_id in agent_ids if not await self._judge_safely(agent_id, snapshot)}

    def take_failed(self) -> set[UUID]:
        """Return the agents that could not be judged since the last call, to try them again."""
        failed, self._failed = self._failed, set()
        return failed

    async def _judge_safely(self, agent_id: UUID, snapshot: str) -> bool:
        try:
            async with self._database.transaction() as session:
                return await self._judge_agent(session, agent_id, snapshot)
        except BaseException as error:  # an agent that cannot be judged must still be scored, and so must the others
            self._forget(agent_id)
            if not isinstance(error, Exception):
                raise
            if not isinstance(error, _OutdatedError):
                if is_database_unavailable(error):
                    raise
                log.error("judging_failed", agent_id=str(agent_id), exc_info=error)
                self._failed.add(agent_id)
                return True
            return False

    def _forget(self, agent_id: UUID) -> None:
        """Forget what may be ahead of the database: this agent, and what is normal for many."""
        self._versions.pop(agent_id, None)
        self._engine.agents.pop(str(agent_id), None)
        self._norms.clear()

    async def _judge_agent(self, session: DatabaseSession, agent_id: UUID, snapshot: str) -> bool:
        """Judge one agent; return whether all of its events in the snapshot are judged."""
        state = await repository.lock_state(session, agent_id)
        if state is None:
            return False
        verdicts = await repository.find_undone_verdicts(session, agent_id)
        counted = await repository.count_minutes(session, agent_id)
        oldest = await self._oldest(session)
        state, minutes = await self._begin(session, agent_id, state, snapshot, counted, oldest)
        behind = [minute for minute, calls in counted.items() if calls > minutes.get(minute, 0)]
        events = (
            await repository.find_new_events(session, agent_id, behind, state, MOST_EVENTS, oldest) if behind else []
        )
        is_done = len(events) < MOST_EVENTS
        if not events and not verdicts:
            return True
        await self._load(session, agent_id, state)
        agent, learned = self._engine.agents[str(agent_id)], self._engine.learned
        changes = agent.changes
        for row in verdicts:
            await self._apply(session, agent_id, row)
        touched = await self._observe(session, agent_id, state, events)
        for event in events:
            minute = int(event.timestamp.timestamp()) // 60
            minutes[minute] = minutes.get(minute, 0) + 1
        if touched:
            await repository.write_sessions(session, [self._row(agent_id, one) for one in touched.values()])
        values: dict[str, Any] = {
            "version": state.version + 1,
            "seen": state.target if is_done else state.seen,
            "target": None if is_done else state.target,
            "done": 0 if is_done else state.done + len(events),
            "minutes": msgspec.msgpack.encode({minute: minutes.get(minute, 0) for minute in counted}),
            "open": _pack(pack_open(agent)),
            "learned_sessions": agent.profile.sessions,
            "relearns": state.relearns and missing_sessions(agent.profile.sessions) > 0,
        }
        if agent.changes != changes:
            values["learned"] = _pack(pack_learned(agent))
        await repository.write_state(session, agent_id, values)
        if self._engine.learned != learned:
            await self._write_norms(session, state.kind)
        self._versions[agent_id] = state.version + 1
        self._versions.move_to_end(agent_id)
        return is_done

    async def _oldest(self, session: DatabaseSession) -> datetime:
        if self._is_hypertable is None:
            self._is_hypertable = await repository.has_hypertable(session)
        return now() - repository.UNCOMPRESSED if self._is_hypertable else EVER

    async def _begin(
        self,
        session: DatabaseSession,
        agent_id: UUID,
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
        return state, await repository.count_seen(session, agent_id, counted, seen, oldest)

    async def _load(self, session: DatabaseSession, agent_id: UUID, state: LockedState) -> None:
        """Load into the engine what another worker has changed, or what was not loaded yet."""
        engine, key, kind = self._engine, str(agent_id), _norm_of(state.kind)
        if self._versions.get(agent_id) != state.version or key not in engine.agents:
            parts = await repository.read_parts(session, agent_id)
            engine.agents[key] = unpack_agent(state.kind, *(_unpack(part) for part in parts))
        engine.agents[key].kind = state.kind
        versions = await repository.find_norm_versions(session, [kind, FLEET])
        if self._norms.get(kind) != versions.get(kind, 0) or state.kind not in engine.peers:
            engine.peers[state.kind] = unpack_profile(_unpack(await repository.read_norm(session, kind)))
            self._norms[kind] = versions.get(kind, 0)
        if self._norms.get(FLEET) != versions.get(FLEET, 0):
            engine.fleet = unpack_fleet(_unpack(await repository.read_norm(session, FLEET)))
            self._norms[FLEET] = versions.get(FLEET, 0)
        grants = await repository.find_counted_grants(session, agent_id)
        if grants:
            engine.grants[key] = grants
        else:
            engine.grants.pop(key, None)
        while len(self._versions) > MOST_AGENTS:
            evicted, _ = self._versions.popitem(last=False)
            engine.agents.pop(str(evicted), None)
            engine.grants.pop(str(evicted), None)

    async def _apply(self, session: DatabaseSession, agent_id: UUID, row: Any) -> None:
        """Apply what a person says about a session."""
        content = _unpack(await repository.read_content(session, row.id) or b"")
        kept = unpack_session(content) or self._find(agent_id, row.number)
        if kept is not None and row.verdict is not None:
            self._engine.decide(str(agent_id), kept, row.verdict)
        row.is_verdict_applied = True

    def _find(self, agent_id: UUID, number: int) -> Session | None:
        agent = self._engine.agents[str(agent_id)]
        waiting = (one.session for one in agent.pending if one.session.number == number)
        return agent.open.get(number) or next(waiting, None)

    async def _observe(
        self, session: DatabaseSession, agent_id: UUID, state: LockedState, events: Sequence[NewEvent]
    ) -> dict[int, _Touched]:
        """Judge events; return the sessions that they belong to, and those that ended, by number."""
        engine, key = self._engine, str(agent_id)
        touched: dict[int, _Touched] = {}
        for place, event in enumerate(events):
            if place % SLICE_EVENTS == SLICE_EVENTS - 1:
                await asyncio.sleep(0)
            profile = engine.agents[key].profile
            call = call_of(
                event.tool_name,
                event.timestamp.timestamp(),
                event.operation,
                event.input_hash.hex(),
                is_granted=engine.is_granted(key, event.tool_name),
            )
            is_learning = missing_sessions(profile.sessions) > 0
            is_trusted = is_learning and state.relearns
            judged = engine.judge(key, state.kind, event.session_id, call, is_trusted=is_trusted)
            for ended in judged.ended:
                touched.setdefault(ended.number, _Touched(ended, event)).is_open = False
            one = touched.setdefault(judged.session.number, _Touched(judged.session, event))
            one.add(event, call.at, 1.0 if is_learning else self.alert_line)
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
            "reasons": [reason._asdict() for reason in session.reasons],
            "timeline": touched.timeline,
            "content": None if teaches else _pack(pack_session(session)),
        }

    async def _write_norms(self, session: DatabaseSession, kind: str) -> None:
        contents = {
            _norm_of(kind): pack_profile(self._engine.peers[kind]),
            FLEET: pack_fleet(self._engine.fleet),
        }
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
