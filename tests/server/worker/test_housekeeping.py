"""Chores: what is old is deleted in time, and what is wanted longer stays."""

import asyncio
from datetime import timedelta
from typing import Any

from agentsentinel.audit import service
from agentsentinel.audit.actions import Action
from agentsentinel.composition import build_platform
from agentsentinel.config import Settings, async_database_url
from agentsentinel.kit.database import Connection, Database
from agentsentinel.kit.ids import now, uuid7
from agentsentinel.worker.housekeeping import STEP_ROWS, _delete_in_steps, _prunings
from server.database import on
from server.support import SECRET, Server, insert_agent, insert_findings, query


def test_refusals_are_forgotten_before_what_was_done(postgres_dsn: str, folder: Any, server: Server) -> None:
    database = Database(server.dsn.replace("postgresql://", "postgresql+asyncpg://"))
    moment = now()

    async def forget() -> None:
        async with database.transaction() as session:
            await service.forget_old(session, moment)
        await database.close()

    for action in (Action.KEY_CREATED, Action.KEY_REFUSED):
        for age in (89, 91, 399, 401):
            query(
                server.dsn,
                "INSERT INTO audit_log (id, at, action, actor_name, address, subject_name, key_prefix, detail, count)"
                " VALUES (gen_random_uuid(), $1, $2, 'aged', '', '', '', $3, 1)",
                moment - timedelta(days=age),
                action.value,
                str(age),
            )
    asyncio.run(forget())
    rows = query(server.dsn, "SELECT action, detail FROM audit_log WHERE actor_name = 'aged' ORDER BY 1, 2")
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("key_created", "399"),
        ("key_created", "89"),
        ("key_created", "91"),
        ("key_refused", "89"),
    ]


def test_deliveries_of_alerts_are_kept_for_thirty_days(migrated_dsn: str) -> None:
    insert_findings(migrated_dsn, 1, 1)
    for age in (29, 31):
        query(
            migrated_dsn,
            "INSERT INTO alert_deliveries (event_id, destination, agent_id, finding_id, occurrence, is_opening, event,"
            " created_at, next_attempt_at)"
            " SELECT gen_random_uuid(), $2, agent_id, id, 1, true, '{}', $1, $1 FROM findings",
            now() - timedelta(days=age),
            f"unset-{age}",
        )

    async def prune() -> None:
        platform = build_platform(Settings(), async_database_url(migrated_dsn), SECRET.encode())
        await platform.housekeeping.prune()
        await platform.database.close()

    asyncio.run(prune())
    assert [row["destination"] for row in query(migrated_dsn, "SELECT destination FROM alert_deliveries")] == [
        "unset-29"
    ]


def test_judged_sessions_go_with_their_events_except_those_that_a_person_called_an_attack(migrated_dsn: str) -> None:
    agent_id, moment = insert_agent(migrated_dsn), now()
    oldest = moment - timedelta(days=90)
    for number, (days, verdict) in enumerate([(89, None), (91, None), (91, "fine"), (91, "attack")]):
        at = moment - timedelta(days=days)
        query(
            migrated_dsn,
            "INSERT INTO agent_sessions (id, agent_id, number, started_at, last_at, is_open, calls, tools,"
            " failed_calls, max_anomaly_score, risk, is_alarm, reasons, timeline, verdict)"
            " VALUES ($1, $2, $3, $4, $4, false, 1, 1, 0, 0, 0.5, false, '[]', '[]', $5)",
            uuid7(at.timestamp()),
            agent_id,
            number,
            at,
            verdict,
        )

    async def prune(connection: Connection) -> None:
        for statement, *arguments in _prunings(moment, oldest):
            await _delete_in_steps(connection, statement, *arguments)

    on(migrated_dsn, prune)
    assert [row["number"] for row in query(migrated_dsn, "SELECT number FROM agent_sessions ORDER BY 1")] == [0, 3]


def test_rollups_are_pruned_in_steps_after_four_hundred_days(dsn: str) -> None:
    agent_id, moment = insert_agent(dsn), now()
    hour = int(moment.timestamp()) // 3600
    add = (
        "INSERT INTO agent_hours (agent_id, hour, calls, anomaly_sum, errors, denied, histogram)"
        " SELECT $1, $2::int - n, 1, 0, 0, 0, '{1}' FROM generate_series(0, $3::int) n"
    )
    query(dsn, add, agent_id, hour, 400 * 24 + STEP_ROWS + 10)
    steps: list[str] = []

    async def prune(connection: Connection) -> None:
        connection.add_query_logger(lambda record: steps.append(record.query))
        for statement, *arguments in _prunings(moment, moment):
            await _delete_in_steps(connection, statement, *arguments)

    on(dsn, prune)
    assert query(dsn, "SELECT min(hour), count(*) FROM agent_hours") == [{"min": hour - 9_600, "count": 9_601}]
    assert len([step for step in steps if "agent_hours" in step]) == 2
    (days,) = query(dsn, "SELECT max(day) - min(day) AS kept FROM agent_days")
    assert days["kept"] == 400
