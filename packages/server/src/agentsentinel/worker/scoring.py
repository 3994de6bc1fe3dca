"""Scores follow the events within a second.

Ingest marks the agents it has stored events of; they are scored together a moment later, so that a thousand events
of one agent cost one scoring. Marks live in memory, yet nothing depends on them: a sweep finds every agent that has
more events than its score knows of, or whose score is due to change by the mere passing of time.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from agentsentinel.errors import is_database_unavailable
from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import now
from agentsentinel.models import ActivityRow, AgentRow
from agentsentinel.scores.service import Scorer

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.05
"""How long marks gather before they are worked off."""
REST_SECONDS = 0.6
"""From one pass to the next: the bound on how often a busy agent is scored. With the rest, less than a second."""
SWEEP_SECONDS = 5.0
CHUNK = 10
"""Agents scored in one transaction; between two, requests get their turn."""
SWEEP_LIMIT = 2_000


class ScoringLoop:
    """Keeps every agent's score in step with its events."""

    def __init__(self, database: Database, counters: Counters, scorer: Scorer) -> None:
        self._database = database
        self._counters = counters
        self._scorer = scorer
        self._marked: set[UUID] = set()
        self._wake = asyncio.Event()
        self._is_closing = False

    def mark(self, agent_ids: Iterable[UUID]) -> None:
        """These agents have new events."""
        self._marked.update(agent_ids)
        self._wake.set()

    async def run(self) -> None:
        """Score marked agents and sweep, until `close`."""
        next_sweep = rest_until = 0.0
        loop = asyncio.get_running_loop()
        while not self._is_closing:
            try:
                if loop.time() >= next_sweep:
                    self._marked |= await self._find_due()
                    next_sweep = loop.time() + SWEEP_SECONDS
                await self._work_off()
                rest_until = loop.time() + REST_SECONDS
            except Exception as error:  # the loop outlives whatever a pass meets; the sweep finds what was left
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
        """Work off what is marked and end `run`."""
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

    async def _work_off(self) -> None:
        if not self._marked:
            return
        marked, self._marked = list(self._marked), set()
        try:
            await self._counters.settle()
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
