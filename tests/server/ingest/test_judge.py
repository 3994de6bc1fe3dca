"""Judging: an event is new or repeated, and joins the open group with what it adds, all without a database."""

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest

from agentsentinel.ingest.counter_cache import CounterCache
from agentsentinel.ingest.event import EventReport, Stored
from agentsentinel.ingest.feed import Feed
from agentsentinel.ingest.group import Outcome, Request
from agentsentinel.ingest.judge import FOREIGN_EVENT_ID, UNKNOWN_AGENT, Judge
from agentsentinel.kit.ids import uuid7
from agentsentinel_core.behavior.registry import DETECTORS
from server.database import on
from server.support import insert_agent


def ignore(_: Outcome) -> None:
    raise AssertionError("judging concludes nothing")


class Bench:
    """A judge whose cache holds some agents with one tool."""

    def __init__(self, dsn: str, agents: Sequence[UUID]) -> None:
        self.cache = CounterCache()
        self.judge = Judge(self.cache, Feed(), DETECTORS)

        async def load(connection: asyncpg.Connection) -> None:
            await self.cache.load(connection, [(agent, "search") for agent in agents])

        on(dsn, load)

    def request(self, *reports: EventReport, unknown: frozenset[UUID] = frozenset()) -> Request | None:
        """Judge one request; None when that needs the database."""
        request = Request(reports, ignore)
        return request if self.judge.judge(request, {}, set(unknown)) else None


@pytest.fixture
def agent(migrated_dsn: str) -> UUID:
    return insert_agent(migrated_dsn)


@pytest.fixture
def bench(migrated_dsn: str, agent: UUID) -> Bench:
    return Bench(migrated_dsn, [agent])


def report(agent: UUID, event_id: UUID | None = None, tool: str = "search") -> EventReport:
    return EventReport(agent, tool, "0" * 64, "1" * 64, event_id=event_id)


def stored(request: Request | None) -> list[Stored]:
    assert request is not None
    found = [answer for answer in request.answers if isinstance(answer, Stored)]
    assert len(found) == len(request.answers)
    return found


def test_each_event_is_judged_against_those_before_it(bench: Bench, agent: UUID) -> None:
    first, second = stored(bench.request(report(agent), report(agent)))
    assert (first.anomaly_score, second.anomaly_score) == (0.9, 0.7)
    assert first.timestamp < second.timestamp
    assert len(bench.judge.group.commit) == 2


@pytest.mark.parametrize("later", [lambda judge: None, lambda judge: judge.close_group()], ids=["same", "next"])
def test_a_repeat_before_its_group_is_stored_gets_the_first_answer_and_adds_nothing(
    bench: Bench, agent: UUID, later: Callable[[Judge], object]
) -> None:
    event_id = uuid7(1_700_000_000.0)
    [first] = stored(bench.request(report(agent, event_id)))
    later(bench.judge)
    events = len(bench.judge.group.commit)
    [again] = stored(bench.request(report(agent, event_id)))
    assert (again.event_id, again.anomaly_score, again.duplicate) == (first.event_id, first.anomaly_score, True)
    assert (len(bench.judge.group.commit), bench.judge.group.repeats) == (events, 1)


def test_an_id_of_another_agents_event_is_refused(migrated_dsn: str) -> None:
    owner, other = insert_agent(migrated_dsn), insert_agent(migrated_dsn)
    bench, event_id = Bench(migrated_dsn, [owner, other]), uuid7(1_700_000_000.0)
    bench.request(report(owner, event_id))
    request = bench.request(report(other, event_id))
    assert request is not None
    assert request.answers == [FOREIGN_EVENT_ID]


def test_counters_that_are_not_loaded_leave_the_group_as_it_is(bench: Bench, agent: UUID) -> None:
    assert bench.request(report(agent), report(agent, tool="send")) is None
    assert bench.request(report(uuid4())) is None
    assert (len(bench.judge.group.commit), bench.judge.group.requests) == (0, [])


def test_an_agent_that_does_not_exist_is_answered_beside_one_that_does(bench: Bench, agent: UUID) -> None:
    stranger = uuid4()
    request = bench.request(report(stranger), report(agent), unknown=frozenset({stranger}))
    assert request is not None
    assert request.answers[0] is UNKNOWN_AGENT
    assert isinstance(request.answers[1], Stored)


def test_a_group_that_failed_takes_the_open_one_with_it(bench: Bench, agent: UUID) -> None:
    bench.request(report(agent))
    below = bench.judge.close_group()
    above = bench.request(report(agent))
    assert bench.judge.under_way is below
    assert bench.judge.discard_open() == [above]
    assert bench.judge.group.commit.is_empty


def test_a_group_is_full_at_its_limit(bench: Bench, agent: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel.ingest.group.MAX_GROUP_EVENTS", 2)
    bench.request(report(agent))
    assert not bench.judge.group.is_full
    bench.request(report(agent))
    assert bench.judge.group.is_full
