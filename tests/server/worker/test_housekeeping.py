"""Chores: what is old is deleted in time, and what is wanted longer stays."""

import asyncio
from datetime import timedelta
from typing import Any

from agentsentinel.audit import service
from agentsentinel.audit.actions import Action
from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import now
from server.support import Server, query


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
