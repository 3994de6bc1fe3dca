"""What was acknowledged is stored, once and counted once, whatever is killed meanwhile.

The full run of 20,000 events and three kills of each kind:

    FAULT_EVENTS=20000 FAULT_ROUNDS=3 .venv/bin/pytest -s tests/server/faults/test_kill.py
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from agentsentinel.kit.ids import uuid7
from server.faults.embedded_platform import Platform, new_platform, say, wait_until
from server.faults.load import Load, new_callers
from server.faults.recount import differences, stored_twice, tallies, unaccounted, unscored_agents
from server.support import query

EVENTS = int(os.environ.get("FAULT_EVENTS", "3000"))
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
SERVING_SECONDS = 30.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with new_platform() as platform:
        platform.start()
        agent_id = platform.server.new_agent()
        platform.server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "crm_search"})
        platform.server.report(agent_id, event_id=str(uuid7(time.time())))
        platform.server.wait_for_score(agent_id, events=1)
        yield platform


def test_kill_9_of_the_server_loses_nothing_and_counts_nothing_twice(platform: Platform) -> None:
    load = new_load(platform)

    async def kill_and_start_again() -> float:
        platform.kill_server()
        killed_at = time.monotonic()
        await asyncio.to_thread(platform.start)
        return killed_at

    outages = asyncio.run(run_with_faults(load, kill_and_start_again))

    report("server", load, outages)
    assert_nothing_lost(platform, load)
    assert load.unanswered > 0
    assert unaccounted(tallies(platform.url)) == 0


def test_kill_9_of_the_whole_database_loses_nothing_and_the_server_brings_it_back(platform: Platform) -> None:
    load = new_load(platform)
    before = tallies(platform.url)

    async def kill() -> float:
        assert platform.kill_postgres() > 1
        return time.monotonic()

    outages = asyncio.run(run_with_faults(load, kill))

    report("database", load, outages)
    assert_nothing_lost(platform, load)
    assert load.unanswered == 0
    assert load.without_retry_after == 0
    now = {name: count - before.get(name, 0) for name, count in tallies(platform.url).items()}
    assert unaccounted(now) == 0
    assert now["stored"] + now["duplicate"] == load.answered[200] + load.answered[201]
    assert load.refused_requests <= now['rejected{reason="unavailable"}'] <= load.answered[503]


@pytest.mark.parametrize(
    ("table", "counter"),
    [
        ("agent_activity", "events"),
        ("agent_minutes", "calls"),
        ("agent_minutes", "anomaly_sum"),
        ("agent_hours", "calls"),
        ("agent_hours", "denied"),
        ("tool_usage", "total_calls"),
        ("tool_minutes", "calls"),
        ("tool_hours", "calls"),
    ],
)
def test_the_recount_notices_a_single_call_too_many(platform: Platform, table: str, counter: str) -> None:
    one_row = f"ctid = (SELECT ctid FROM {table} ORDER BY {counter} DESC LIMIT 1)"
    (row,) = query(platform.dsn, f"UPDATE {table} SET {counter} = {counter} + 1 WHERE {one_row} RETURNING *")
    assert row["agent_id"] in {found["agent_id"] for found in differences(platform.dsn)[table]}
    query(platform.dsn, f"UPDATE {table} SET {counter} = {counter} - 1 WHERE {one_row}")


def new_load(platform: Platform) -> Load:
    seconds = 60 + EVENTS / 100 + SERVING_SECONDS * ROUNDS
    return Load(platform.url, new_callers(platform.server), EVENTS, seconds)


async def run_with_faults(load: Load, fault: Callable[[], Awaitable[float]]) -> list[float]:
    """Run the load with the faults spread over it; returns the seconds after each until events were taken again."""
    outages = []
    running = asyncio.create_task(load.run())
    await asyncio.sleep(0)
    try:
        for number in range(1, ROUNDS + 1):
            await load.reached(EVENTS * number / (ROUNDS + 1))
            outages.append(await load.recovered(await fault(), SERVING_SECONDS))
    except BaseException:
        load.is_stopped = True
        raise
    finally:
        await running
    return outages


def assert_nothing_lost(platform: Platform, load: Load) -> None:
    assert len(load.acknowledged) == EVENTS
    assert not load.different
    stored = {row["id"] for row in query(platform.dsn, "SELECT id FROM agent_events")}
    assert not load.acknowledged.keys() - stored
    assert stored_twice(platform.dsn) == 0
    wait_until(lambda: unscored_agents(platform.dsn) == 0, 10, "every agent is scored")
    assert differences(platform.dsn) == {}


def report(what: str, load: Load, outages: list[float]) -> None:
    answered = ", ".join(f"{status}: {count}" for status, count in sorted(load.answered.items()))
    say(
        f"kill -9 of the {what}, {len(outages)} rounds: {len(load.acknowledged)} of {EVENTS} events acknowledged,"
        f" {load.repeated} repeated on purpose, events by answer {answered}, unanswered {load.unanswered},"
        f" slowest answer {load.slowest:.2f} s, taken again after {', '.join(f'{s:.1f} s' for s in outages)}"
    )
