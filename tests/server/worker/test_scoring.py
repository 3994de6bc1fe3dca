"""A scoring loop scores each marked agent, and says when it has."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import Database
from agentsentinel.scores.service import Scorer
from agentsentinel.session_risk.judge import SessionJudge
from agentsentinel.worker.scoring import ScoringLoop
from patience import PATIENCE_SECONDS

AGENTS = [UUID(int=number) for number in range(1, 25)]


class Platform:
    """Database, counters and scorer of a loop; the first `failures` scorings fail."""

    def __init__(self, failures: int = 0) -> None:
        self.scored: list[UUID] = []
        self.judged: list[UUID] = []
        self.stored_events = 0
        self.events_per_look = 0
        self._failures = failures
        self.loop = ScoringLoop(
            cast("Database", self),
            cast("Counters", self),
            cast("SessionJudge", self),
            cast("Scorer", self),
            lambda seconds: None,
            self.look,
        )

    def look(self) -> int:
        """Return how many events are stored; each look finds more."""
        self.stored_events += self.events_per_look
        return self.stored_events

    async def settle(self) -> str:
        """Settle nothing."""
        return "1:1:"

    async def judge(self, agents: Sequence[UUID], snapshot: str, most_events: int) -> set[UUID]:
        """Judge all of these agents."""
        self.judged += agents
        return set()

    def take_failed(self) -> set[UUID]:
        return set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        yield self

    async def execute(self, query: object) -> "Platform":
        return self

    def scalars(self) -> list[UUID]:
        """Return the agents that the sweep finds: none."""
        return []

    async def score_settled(self, session: object, agents: Sequence[UUID], moment: object, **_: object) -> None:
        if self._failures:
            self._failures -= 1
            raise OSError("the database is away")
        self.scored += agents


def run(platform: Platform, *groups: Sequence[UUID]) -> None:
    """Let callers wait for groups of agents at once, and end the loop."""

    async def scenario() -> None:
        running = asyncio.create_task(platform.loop.run())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(wait_for(platform, group) for group in groups))
        platform.loop.close()
        await running

    async def wait_for(platform: Platform, group: Sequence[UUID]) -> None:
        await platform.loop.score(group)
        assert set(group) <= set(platform.scored)

    asyncio.run(scenario())


def test_who_waits_for_agents_goes_on_once_they_are_scored() -> None:
    platform = Platform()
    run(platform, AGENTS[:3], AGENTS[3:20], AGENTS[20:])
    assert sorted(platform.scored) == AGENTS


def test_who_waits_for_a_pass_that_fails_waits_for_the_next_one() -> None:
    platform = Platform(failures=2)
    run(platform, AGENTS[:15], AGENTS[15:])
    assert set(platform.scored) == set(AGENTS)


def test_a_process_that_is_busy_with_events_scores_all_agents_and_judges_the_rest_later() -> None:
    platform = Platform()

    async def scenario() -> None:
        platform.events_per_look = 10_000_000
        for _ in range(4):
            platform.loop.mark(AGENTS)
            await platform.loop._work_off()
        assert len(platform.scored) == 4 * len(AGENTS)
        before = len(platform.judged)
        assert before < 3 * len(AGENTS)
        platform.events_per_look = 0
        await platform.loop._work_off()
        assert len(platform.judged) > before

    asyncio.run(scenario())
    assert set(platform.judged) == set(AGENTS)
