"""Agents that stop reporting are silent once their time is over, are alerted once, and come back."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from agentsentinel.agents import service
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.auth.principal import COMMAND_LINE
from agentsentinel.ingest.rollups import ALL_SLICES
from agentsentinel.kit.database import Connection
from agentsentinel.kit.ids import now
from agentsentinel.worker.silence import (
    AGENTS_AT_ONCE,
    FACT,
    MISSED_WATCHES,
    ROLLUPS_READ,
    WATCH_SECONDS,
    active_slices,
    watch_silence,
)
from agentsentinel_core.behavior.silence import DEFAULT_LAW, report_deadline
from patience import PATIENCE_SECONDS
from server.alerts.support import WEBHOOK, FakeSlack, Platform
from server.database import connected, on
from server.support import Server, insert_agent, new_database, query, running

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def dsn(migrated_dsn: str) -> str:
    """Return a database without agents that was watched a minute before START."""
    query(migrated_dsn, "TRUNCATE agents, alert_routes CASCADE")
    query(migrated_dsn, "DELETE FROM server_facts WHERE name = $1", FACT)
    watch(migrated_dsn, START - MINUTE)
    query(migrated_dsn, "UPDATE server_facts SET value = split_part(value, ' ', 1) || ' 0' WHERE name = $1", FACT)
    return migrated_dsn


def watch(dsn: str, moment: datetime) -> int:
    return on(dsn, lambda connection: watch_silence(connection, DEFAULT_LAW, moment))


def watch_until(dsn: str, moment: datetime) -> int:
    """Say that the watch went on until just before a time, and watch then."""
    change = "UPDATE server_facts SET value = $2 || ' ' || split_part(value, ' ', 2) WHERE name = $1"
    query(dsn, change, FACT, str((moment - MINUTE).timestamp()))
    return watch(dsn, moment)


def report(dsn: str, agent_id: UUID, at: datetime) -> None:
    """Store that an agent reported, as a settlement does."""
    hour, place = int(at.timestamp()) // 3600, at.minute // 5
    query(
        dsn,
        "INSERT INTO agent_hours (agent_id, hour, calls, anomaly_sum, errors, denied, histogram, active_slices)"
        " VALUES ($1, $2, 1, 0, 0, 0, '{1,0,0,0,0,0,0,0,0,0}', $3) ON CONFLICT (agent_id, hour) DO UPDATE"
        " SET active_slices = agent_hours.active_slices | excluded.active_slices",
        agent_id,
        hour,
        1 << place,
    )
    query(
        dsn,
        "INSERT INTO agent_activity (agent_id, events, newest_at, recent_receipts)"
        " VALUES ($1, 1, $2::timestamptz, ARRAY[$2::timestamptz]) ON CONFLICT (agent_id) DO UPDATE"
        " SET newest_at = excluded.newest_at, recent_receipts = excluded.recent_receipts,"
        " events = agent_activity.events + 1",
        agent_id,
        at,
    )


def score(dsn: str, moment: datetime) -> None:
    """Score the agents that are due, as a worker's sweep does."""
    due = query(dsn, "SELECT id FROM agents WHERE rescore_at <= $1", moment)
    ids = [UUID(str(row["id"])) for row in due]

    async def run() -> None:
        platform = Platform(dsn, SlackWebhook(WEBHOOK, FakeSlack(httpx2.Response(200))))
        async with platform.database.transaction() as session:
            await platform.scorer.rescore(session, ids, moment)
        await platform.database.close()

    asyncio.run(run())


def silent(dsn: str) -> list[datetime]:
    return [row["silent_since"] for row in query(dsn, "SELECT silent_since FROM agents") if row["silent_since"]]


def finding(dsn: str) -> dict[str, Any] | None:
    rows = query(dsn, "SELECT status, occurrences, message FROM findings WHERE rule_id = 'AGENT_SILENT'")
    return rows[0] if rows else None


def test_an_agent_that_misses_its_time_is_silent_once_it_is_scored_and_alerted_once(dsn: str) -> None:
    route = "INSERT INTO alert_routes VALUES (0, 'slack', 'MEDIUM', '[\"silence\"]', '[]', '[]')"
    query(dsn, route)
    agent_id = insert_agent(dsn)
    report(dsn, agent_id, START)
    assert watch(dsn, START + MINUTE) == 0
    assert watch_until(dsn, START + 23 * HOUR) == 0
    assert watch_until(dsn, START + 24 * HOUR) == 1
    assert silent(dsn) == []
    for _ in range(2):
        query(dsn, "UPDATE agents SET rescore_at = $1", START)
        score(dsn, START + 25 * HOUR)
    assert silent(dsn) == [START]
    message = "The agent has not reported since 2026-03-02 00:00 UTC; a report was due by 2026-03-03 00:00 UTC."
    assert finding(dsn) == {"status": "OPEN", "occurrences": 1, "message": message}
    assert watch_until(dsn, START + 26 * HOUR) == 0, "it is silent already"
    assert query(dsn, "SELECT count(*) AS n FROM alert_deliveries") == [{"n": 1}]


def test_its_next_report_ends_the_silence_and_resolves_the_finding_without_a_watch(dsn: str) -> None:
    agent_id = insert_agent(dsn)
    report(dsn, agent_id, START)
    watch(dsn, START + MINUTE)
    watch_until(dsn, START + 24 * HOUR)
    score(dsn, START + 24 * HOUR)
    assert len(silent(dsn)) == 1
    report(dsn, agent_id, START + 30 * HOUR)
    query(dsn, "UPDATE agents SET rescore_at = $1", START)
    score(dsn, START + 30 * HOUR)
    assert silent(dsn) == []
    assert (finding(dsn) or {})["status"] == "RESOLVED"
    assert watch_until(dsn, START + 31 * HOUR) == 0, "its time is computed anew"
    assert watch_until(dsn, START + 76 * HOUR) == 1
    score(dsn, START + 76 * HOUR)
    assert (finding(dsn) or {})["occurrences"] == 2


def test_a_suspended_or_removed_agent_is_not_silent_and_one_that_was_resumed_has_a_day(dsn: str) -> None:
    agent_id, moment = insert_agent(dsn), now()
    report(dsn, agent_id, moment - 30 * HOUR)
    watch_until(dsn, moment - 29 * HOUR)
    watch_until(dsn, moment)
    score(dsn, moment)
    assert len(silent(dsn)) == 1

    async def act(name: str) -> None:
        platform = Platform(dsn)
        async with platform.database.transaction() as session:
            if name == "suspend":
                await service.suspend_agent(session, agent_id, None, COMMAND_LINE)
            elif name == "resume":
                await service.resume_agent(session, agent_id, COMMAND_LINE)
            else:
                await service.remove_agent(session, agent_id, COMMAND_LINE)
        await platform.database.close()

    asyncio.run(act("suspend"))
    assert silent(dsn) == []
    score(dsn, now())
    assert (finding(dsn) or {})["status"] == "RESOLVED"
    assert watch_until(dsn, moment + HOUR) == 0
    asyncio.run(act("resume"))
    assert watch_until(dsn, moment + 23 * HOUR) == 0
    assert watch_until(dsn, moment + 25 * HOUR) == 1
    asyncio.run(act("remove"))
    assert watch_until(dsn, moment + 26 * HOUR) == 0


def test_a_time_that_a_person_has_set_counts_instead_of_the_rhythm(dsn: str) -> None:
    agent_id = insert_agent(dsn)
    query(dsn, "UPDATE agents SET silent_after_hours = 100")
    report(dsn, agent_id, START)
    watch(dsn, START + MINUTE)
    assert watch_until(dsn, START + 99 * HOUR) == 0
    assert watch_until(dsn, START + 100 * HOUR) == 1


def test_what_was_due_while_nothing_watched_is_due_an_hour_after_that(dsn: str) -> None:
    agent_id = insert_agent(dsn)
    report(dsn, agent_id, START)
    watch(dsn, START + MINUTE)
    again = START + 24 * HOUR + MISSED_WATCHES
    assert watch(dsn, again) == 0, "the platform was down when the time was over"
    assert watch_until(dsn, again + 59 * MINUTE) == 0
    assert watch_until(dsn, again + 60 * MINUTE) == 1


def test_nothing_is_silent_in_the_first_hour_after_the_upgrade(dsn: str) -> None:
    query(dsn, "DELETE FROM server_facts WHERE name = $1", FACT)
    report(dsn, insert_agent(dsn), START)
    assert watch(dsn, START + 100 * HOUR) == 0
    assert watch_until(dsn, START + 101 * HOUR) == 1


def test_a_busy_agent_is_looked_at_once_an_hour_and_costs_one_query_of_bounded_size(dsn: str) -> None:
    agents = [insert_agent(dsn) for _ in range(3)]
    fill = (
        "INSERT INTO agent_hours (agent_id, hour, calls, anomaly_sum, errors, denied, histogram, active_slices)"
        " SELECT $1, $2::int - n, 1, 0, 0, 0, '{1,0,0,0,0,0,0,0,0,0}', 4095 FROM generate_series(0, 5000) n"
    )
    for agent_id in agents:
        query(dsn, fill, agent_id, int(START.timestamp()) // 3600 - 1)
        report(dsn, agent_id, START)
    looked_at: list[str] = []

    async def look(connection: Connection, moment: datetime) -> None:
        connection.add_query_logger(lambda record: looked_at.append(record.query))
        await watch_silence(connection, DEFAULT_LAW, moment)

    for minute in range(1, 120):
        for agent_id in agents:
            report(dsn, agent_id, START + minute * MINUTE)
        asyncio.run(connected(dsn, lambda connection, at=START + minute * MINUTE: look(connection, at)))  # type: ignore[misc]
    looks = [text for text in looked_at if "FROM agent_hours" in text]
    assert len(looks) == 2 * len(agents)
    assert all(f"LIMIT {ROLLUPS_READ}" in text for text in looks)
    assert query(dsn, "SELECT DISTINCT due_at - last_report_at AS wait FROM report_deadlines") == [{"wait": HOUR}]


def test_more_agents_than_are_looked_at_in_one_watch_are_looked_at_in_the_next(dsn: str) -> None:
    many = AGENTS_AT_ONCE + 20
    query(
        dsn,
        "WITH made AS (INSERT INTO agents (id, name, agent_type, model, owner_team, status, created_at, updated_at)"
        " SELECT gen_random_uuid(), 'a', 'llm_agent', 'm', 't', 'WATCH', $1, $1 FROM generate_series(1, $2::int)"
        " RETURNING id) INSERT INTO agent_activity (agent_id, events, newest_at, recent_receipts)"
        " SELECT id, 1, $1::timestamptz, ARRAY[$1::timestamptz] FROM made",
        START,
        many,
    )
    watch(dsn, START + MINUTE)
    assert query(dsn, "SELECT count(*) AS n FROM report_deadlines") == [{"n": AGENTS_AT_ONCE}]
    watch(dsn, START + 2 * MINUTE)
    assert query(dsn, "SELECT count(*) AS n FROM report_deadlines") == [{"n": many}]


def test_of_several_workers_one_watches_and_the_others_leave_it_at_that(dsn: str) -> None:
    report(dsn, insert_agent(dsn), START)

    async def together() -> list[int]:
        moment = START + 100 * HOUR
        work = [connected(dsn, lambda connection: watch_silence(connection, DEFAULT_LAW, moment)) for _ in range(4)]
        return await asyncio.gather(*work)

    watch(dsn, START + MINUTE)
    query(dsn, "UPDATE server_facts SET value = $2 WHERE name = $1", FACT, f"{(START + 99.9 * HOUR).timestamp()} 0")
    assert sorted(asyncio.run(together())) == [0, 0, 0, 1]
    assert watch(dsn, START + 100 * HOUR + timedelta(seconds=WATCH_SECONDS / 3)) == 0


def test_slices_are_read_from_the_bits_of_hours_of_the_last_ninety_days() -> None:
    assert active_slices([(10, 0b101), (11, ALL_SLICES)]) == [120, 122, *range(132, 144)]
    assert active_slices([(10, 1), (90 * 24 + 20, 1)]) == [(90 * 24 + 20) * 12]
    assert report_deadline(active_slices([]), 0.0) == 24 * 3600.0


def test_a_real_server_says_silent_alerts_once_and_says_learning_again_when_the_agent_reports(
    postgres_dsn: str, tmp_path: Path
) -> None:
    with running(new_database(postgres_dsn), tmp_path) as server:
        agent_id = server.new_agent()
        server.report(agent_id)
        assert server.wait_for_score(agent_id, 1)["monitoring"] == "learning"
        _age(server, days=3)
        assert watch(server.dsn, now()) == 1
        agent = _wait_for(server, agent_id, "silent")
        assert agent["silent_since"] is not None
        assert [one["rule_id"] for one in agent["findings"] if one["status"] == "OPEN"] == ["AGENT_SILENT"]
        assert [one["id"] for one in server.api.get("agents", params={"monitoring": "silent"}).json()] == [agent_id]
        assert server.api.get("agents", params={"monitoring": "learning"}).json() == []
        assert server.api.get("attention").json()["states"]["silent"] == 1
        server.report(agent_id)
        back = _wait_for(server, agent_id, "learning")
        (found,) = [one for one in back["findings"] if one["rule_id"] == "AGENT_SILENT"]
        assert (found["status"], found["occurrences"]) == ("RESOLVED", 1)


def _age(server: Server, days: int) -> None:
    """Make all reports older, and their deadlines due; the server watches, but not in the minute of a test."""
    query(
        server.dsn,
        "UPDATE agent_activity SET newest_at = newest_at - $1::interval,"
        " recent_receipts = ARRAY(SELECT at - $1::interval FROM unnest(recent_receipts) at)",
        timedelta(days=days),
    )
    query(
        server.dsn,
        "INSERT INTO report_deadlines SELECT agent_id, newest_at, newest_at + interval '1 day' FROM agent_activity"
        " ON CONFLICT (agent_id) DO UPDATE SET last_report_at = excluded.last_report_at, due_at = excluded.due_at",
    )
    query(
        server.dsn,
        "INSERT INTO server_facts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        FACT,
        f"{(now() - MINUTE).timestamp()} 0",
    )


def _wait_for(server: Server, agent_id: str, monitoring: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        agent: dict[str, Any] = server.api.get(f"agents/{agent_id}").json()
        if agent["monitoring"] == monitoring:
            return agent
        assert time.monotonic() < deadline, agent["monitoring"]
        time.sleep(0.1)
