"""Background scoring: scores and session risk are up to date within a second after an event.

Ingest marks the agents whose events it has stored; they are scored together a moment later, so that a thousand events
of one agent cost one scoring. Marks are kept in memory and may be lost: a sweep finds every agent that has more events
than its score includes, or whose score is due to change with time alone.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import Database
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.ids import now
from agentsentinel.models import ActivityRow, AgentRow
from agentsentinel.scores.service import Scorer
from agentsentinel.session_risk.judge import MOST_EVENTS, SessionJudge

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.05
"""How long marks are collected before a pass scores them."""
REST_SECONDS = 0.6
"""Pause between two passes, which bounds how often a busy agent is scored; a score is still less than 1 s late."""
SWEEP_SECONDS = 5.0
CHUNK = 10
"""Agents scored in one transaction; between two transactions, the event loop serves requests."""
SWEEP_LIMIT = 2_000
JUDGED_TOGETHER = 5
"""Agents whose sessions are judged in one transaction."""
BUSY_EVENTS_PER_SECOND = 200
"""Rate of stored events from which on the process is busy with them."""
BUSY_SHARE = 0.03
"""Share of the time in which a busy process judges sessions, waiting for the database included: ingest comes first."""
BUSY_EVENTS = 200
"""Events of one agent that are judged in one transaction while the process is busy."""
JUDGED_AFTER_START = timedelta(days=1)
"""Age of an agent's newest event below which its sessions are looked at when the loop starts: marks were lost."""


class ScoringLoop:
    """Rescores agents that have new events, or whose score is due to change with time."""

    def __init__(
        self,
        database: Database,
        counters: Counters,
        judge: SessionJudge,
        scorer: Scorer,
        on_scored: Callable[[float], None],
        stored_events: Callable[[], int] | None = None,
    ) -> None:
        """`stored_events` counts the events that this process has stored; None for a process that takes none."""
        self._database = database
        self._counters = counters
        self._judge = judge
        self._scorer = scorer
        self._on_scored = on_scored
        self._stored_events = stored_events
        self._stored_before = 0
        self._is_rate_high = False
        self._rests_until = 0.0
        """Monotonic time before which no sessions are judged while the process is busy."""
        self._passed_at = time.monotonic()
        self._unjudged: set[UUID] = set()
        """Agents whose sessions are still to be judged."""
        self._marked_at = 0.0
        """Monotonic time of the first mark that no pass has taken up."""
        self._marked: set[UUID] = set()
        self._wake = asyncio.Event()
        self._passes = 0
        self._scored_pass = 0
        """Number of the newest pass that scored all agents that were marked before it began."""
        self._scored = asyncio.Event()
        """Set at the end of such a pass, and replaced."""
        self._is_closing = False

    def mark(self, agent_ids: Iterable[UUID]) -> None:
        """Mark agents with new events for the next pass."""
        agent_ids = set(agent_ids)
        if not agent_ids:
            return
        if not self._marked:
            self._marked_at = time.monotonic()
        self._marked.update(agent_ids)
        self._wake.set()

    async def score(self, agent_ids: Iterable[UUID]) -> None:
        """Mark agents, and wait until a pass has scored them."""
        self.mark(agent_ids)
        next_pass = self._passes + 1
        while self._scored_pass < next_pass:
            await self._scored.wait()

    async def run(self) -> None:
        """Score marked agents and sweep, until `close`."""
        next_sweep = rest_until = 0.0
        is_new = True
        loop = asyncio.get_running_loop()
        while not self._is_closing:
            try:
                if loop.time() >= next_sweep:
                    self.mark(await self._find_due() | self._judge.take_failed())
                    if is_new:
                        self._unjudged |= await self._find_active()
                        is_new = False
                    next_sweep = loop.time() + SWEEP_SECONDS
                await self._work_off()
                rest_until = loop.time() + REST_SECONDS
            except Exception as error:  # no error of a pass ends the loop; the next sweep finds the remaining agents
                if not is_database_unavailable(error):
                    log.error("scoring_failed", exc_info=error)
                await asyncio.sleep(1.0)
                next_sweep = 0.0
            await self._wait(max(0.0, next_sweep - loop.time()))
            if not self._is_closing:
                await asyncio.sleep(max(GATHER_SECONDS, rest_until - loop.time()))
        with contextlib.suppress(Exception):
            await self._work_off()

    def close(self) -> None:
        """Let `run` score the marked agents and end."""
        self._is_closing = True
        self._wake.set()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    async def _find_due(self) -> set[UUID]:
        query = (
            select(AgentRow.id)
            .outerjoin(ActivityRow, ActivityRow.agent_id == AgentRow.id)
            .where(or_(ActivityRow.events > AgentRow.scored_events, AgentRow.rescore_at <= now()))
            .limit(SWEEP_LIMIT)
        )
        await self._counters.settle()
        async with self._database.transaction() as session:
            return set((await session.execute(query)).scalars())

    async def _find_active(self) -> set[UUID]:
        query = select(ActivityRow.agent_id).where(ActivityRow.newest_at > now() - JUDGED_AFTER_START)
        async with self._database.transaction() as session:
            return set((await session.execute(query)).scalars())

    def _is_busy(self) -> bool:
        """Whether this process has stored many events in the last two passes; one batch makes nothing busy."""
        if self._stored_events is None:
            return False
        stored, at = self._stored_events(), time.monotonic()
        rate = (stored - self._stored_before) / max(at - self._passed_at, GATHER_SECONDS)
        self._stored_before, self._passed_at = stored, at
        was_high, self._is_rate_high = self._is_rate_high, rate > BUSY_EVENTS_PER_SECOND
        return was_high and self._is_rate_high

    async def _judge_sessions(self, snapshot: str) -> set[UUID]:
        """Judge the sessions of agents, of all while the process is not busy; return the agents that were judged."""
        is_busy, begin = self._is_busy(), time.monotonic()
        if is_busy and begin < self._rests_until:
            return set()
        behind: set[UUID] = set()
        judged: set[UUID] = set()
        while self._unjudged and not (is_busy and judged):
            chunk = [self._unjudged.pop() for _ in range(1 if is_busy else min(JUDGED_TOGETHER, len(self._unjudged)))]
            try:
                behind |= await self._judge.judge(chunk, snapshot, BUSY_EVENTS if is_busy else MOST_EVENTS)
            except BaseException:
                self._unjudged.update(chunk, behind)
                raise
            judged.update(chunk)
            await asyncio.sleep(0)
        self._rests_until = begin + (time.monotonic() - begin) / BUSY_SHARE
        self._unjudged |= behind
        return judged

    async def _work_off(self) -> None:
        if not self._marked and not self._unjudged:
            return
        marked, self._marked = list(self._marked), set()
        marked_at = self._marked_at if marked else time.monotonic()
        self._unjudged.update(marked)
        self._passes += 1
        number = self._passes
        try:
            snapshot = await self._counters.settle()
            marked = list({*marked, *await self._judge_sessions(snapshot)})
        except BaseException:
            self._marked.update(marked)
            raise
        for start in range(0, len(marked), CHUNK):
            chunk = marked[start : start + CHUNK]
            try:
                async with self._database.transaction() as session:
                    await self._scorer.score_settled(session, chunk, now(), skip_locked=True)
            except BaseException:
                self._marked.update(marked[start:])
                raise
            await asyncio.sleep(0)
        self._on_scored(time.monotonic() - marked_at)
        if self._unjudged:
            self._wake.set()  # the next pass goes on
        self._scored_pass = number
        scored, self._scored = self._scored, asyncio.Event()
        scored.set()
