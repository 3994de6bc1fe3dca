"""The counter journal: each row stored with the events is added to the counters once, by whichever process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import pytest

from agentsentinel.config import async_database_url
from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import now, uuid7
from server.support import insert_agent, new_database, query

T = TypeVar("T")
MINUTE = 29_734_210


@pytest.fixture(scope="module")
def dsn(postgres_dsn: str) -> str:
    """Make a database with the newest schema that no server uses."""
    return new_database(postgres_dsn)


@pytest.fixture
def agent_id(dsn: str) -> UUID:
    """Insert an agent and return its id."""
    return insert_agent(dsn)


def with_counters(dsn: str, work: Callable[[Counters], Awaitable[T]], processes: int = 1) -> list[T]:
    """Do some work with the counters of so many processes at once."""

    async def run() -> list[T]:
        databases = [Database(async_database_url(dsn)) for _ in range(processes)]
        counters = [Counters(database) for database in databases]
        try:
            return list(await asyncio.gather(*(work(one) for one in counters)))
        finally:
            for one in counters:
                one.close()
            for database in databases:
                await database.close()

    return asyncio.run(run())


def settle(counters: Counters) -> Awaitable[object]:
    return counters.settle()


def journal(dsn: str, agent_id: UUID, *, calls: int = 1, minute: int | None = MINUTE, session: str = "s") -> None:
    """Return the journal rows that a commit of this number of calls of one tool appends."""
    at = MINUTE * 60.0 + 1
    query(
        dsn,
        "INSERT INTO counter_journal (counts) VALUES ("
        " json_build_array(json_build_object('agent_id', $1::uuid, 'tool_name', 'search', 'minute', $2::int,"
        "  'calls', $3::int, 'learned', 1, 'anomaly_sum', 0.9, 'agent_newest_at', $4::float8,"
        "  'recent_receipts', ARRAY[$4::float8], 'last_at', $4::float8, 'last_session', $5::text,"
        "  'finished_hour', -1, 'finished_calls', 0)))",
        agent_id,
        minute,
        calls,
        at,
        session,
    )


def calls_of(dsn: str, agent_id: UUID) -> dict[str, int]:
    """Table -> the calls it has counted."""
    columns = {
        "agent_activity": "events",
        "agent_minutes": "calls",
        "agent_hours": "calls",
        "tool_usage": "total_calls",
        "tool_minutes": "calls",
        "tool_hours": "calls",
    }
    found = {}
    for table, column in columns.items():
        sql = f"SELECT coalesce(sum({column}), 0)::int AS n FROM {table} WHERE agent_id = $1"
        found[table] = query(dsn, sql, agent_id)[0]["n"]
    return found


def test_every_row_of_the_journal_is_added_to_every_counter(dsn: str, agent_id: UUID) -> None:
    for calls in (1, 2, 4):
        journal(dsn, agent_id, calls=calls)
    with_counters(dsn, settle)
    assert set(calls_of(dsn, agent_id).values()) == {7}
    assert query(dsn, "SELECT id FROM counter_journal") == []


def test_several_processes_that_settle_at_once_add_each_row_once(dsn: str, agent_id: UUID) -> None:
    for _ in range(50):
        journal(dsn, agent_id)

    async def settle_often(counters: Counters) -> None:
        await asyncio.gather(*(counters.settle() for _ in range(5)))

    with_counters(dsn, settle_often, processes=4)
    assert set(calls_of(dsn, agent_id).values()) == {50}


def test_calls_too_old_for_a_minute_count_among_the_totals_only(dsn: str, agent_id: UUID) -> None:
    journal(dsn, agent_id, calls=3, minute=None)
    with_counters(dsn, settle)
    counted = calls_of(dsn, agent_id)
    assert (counted["agent_activity"], counted["tool_usage"]) == (3, 3)
    assert (counted["agent_minutes"], counted["tool_minutes"], counted["tool_hours"]) == (0, 0, 0)


def test_the_last_session_is_that_of_the_last_commit(dsn: str, agent_id: UUID) -> None:
    for session in ("first", "second", "third"):
        journal(dsn, agent_id, session=session)
    with_counters(dsn, settle)
    rows = query(dsn, "SELECT last_session FROM tool_usage WHERE agent_id = $1", agent_id)
    assert rows == [{"last_session": "third"}]


def test_only_the_five_newest_receipts_are_kept(dsn: str, agent_id: UUID) -> None:
    for _ in range(4):
        journal(dsn, agent_id)
    with_counters(dsn, settle)
    for _ in range(4):
        journal(dsn, agent_id)
    with_counters(dsn, settle)
    (row,) = query(dsn, "SELECT recent_receipts FROM agent_activity WHERE agent_id = $1", agent_id)
    assert len(row["recent_receipts"]) == 5


def test_what_the_journal_says_of_an_agent_that_has_gone_is_dropped(dsn: str, agent_id: UUID) -> None:
    gone = uuid7(now().timestamp())
    journal(dsn, gone)
    journal(dsn, agent_id)
    with_counters(dsn, settle)
    assert set(calls_of(dsn, gone).values()) == {0}
    assert set(calls_of(dsn, agent_id).values()) == {1}
    assert query(dsn, "SELECT id FROM counter_journal") == []


def test_what_was_stored_before_the_call_is_counted_when_it_returns(dsn: str, agent_id: UUID) -> None:
    async def store_and_settle(counters: Counters) -> list[int]:
        seen = []
        for _ in range(5):
            under_way = asyncio.create_task(counters.settle())
            await asyncio.sleep(0)
            await asyncio.to_thread(journal, dsn, agent_id)
            await counters.settle()
            seen.append((await asyncio.to_thread(calls_of, dsn, agent_id))["tool_usage"])
            await under_way
        return seen

    assert with_counters(dsn, store_and_settle) == [[1, 2, 3, 4, 5]]
