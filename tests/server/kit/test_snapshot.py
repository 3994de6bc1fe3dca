"""A snapshot knows which transactions it has seen, as PostgreSQL itself says."""

import asyncio

import asyncpg
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.kit.snapshot import Snapshot
from server.support import new_database


@given(st.integers(3, 1_000), st.sets(st.integers(3, 1_000)))
def test_it_sees_what_had_ended_before_it_began(end: int, running: set[int]) -> None:
    running = {each for each in running if each < end}
    snapshot = Snapshot.of(f"{min(running, default=end)}:{end}:{','.join(map(str, sorted(running)))}")
    for transaction in range(1, end + 3):
        assert snapshot.sees(transaction) == (transaction < end and transaction not in running)


def test_postgresql_agrees(postgres_dsn: str) -> None:
    asyncio.run(compare_with_postgresql(new_database(postgres_dsn)))


async def compare_with_postgresql(dsn: str) -> None:
    reader, writer, late = [await asyncpg.connect(dsn) for _ in range(3)]
    done = int(await writer.fetchval("SELECT pg_current_xact_id()::text"))
    async with late.transaction():
        open_one = int(await late.fetchval("SELECT pg_current_xact_id()::text"))
        after = int(await writer.fetchval("SELECT pg_current_xact_id()::text"))
        snapshot = Snapshot.of(await reader.fetchval("SELECT pg_current_snapshot()::text"))
    later = int(await writer.fetchval("SELECT pg_current_xact_id()::text"))
    assert [snapshot.sees(each) for each in (done, open_one, after, later)] == [True, False, True, False]
    for connection in (reader, writer, late):
        await connection.close()
