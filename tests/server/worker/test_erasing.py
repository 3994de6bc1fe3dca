"""Erasing a deleted agent: gone from every answer at once, and from the tables in small steps."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg

from agentsentinel.worker.erasing import STEP_ROWS, erase_removed
from server.support import MANY_EVENTS, Server, assert_refused, query


def test_a_busy_agent_is_gone_from_every_answer_at_once_and_erased_in_steps(server: Server) -> None:
    agent_id, other = server.new_agent(name="very busy"), server.new_agent()
    server.report(agent_id)
    server.report(other)
    query(server.dsn, MANY_EVENTS, agent_id, 12_000)
    assert server.api.delete(f"agents/{agent_id}").status_code == 204
    listings = ("agents", "overview", "findings", "capabilities", "events")
    for path in listings:
        assert agent_id not in server.api.get(path, params={"limit": 200}).text, path
    assert server.api.get("events", params={"agent_id": agent_id}).json() == []
    assert_refused(server.api.get(f"agents/{agent_id}"), 404)
    assert_refused(server.api.delete(f"agents/{agent_id}"), 404)
    assert_refused(server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "t"}), 404)
    assert server.api.post("agents", params={"reuse": True}, json={"name": "very busy"}).status_code == 201
    server.wait_until_erased(agent_id)
    assert query(server.dsn, "SELECT FROM agent_events WHERE agent_id = $1 LIMIT 1", agent_id) == []
    assert len(server.api.get("events", params={"agent_id": other}).json()) == 1


def test_no_step_of_erasing_deletes_more_than_a_few_thousand_rows(server: Server) -> None:
    agent_id = server.new_agent()
    query(server.dsn, MANY_EVENTS, agent_id, 2 * STEP_ROWS + 10)
    query(server.dsn, "UPDATE agents SET removed_at = '2099-01-01' WHERE id = $1", agent_id)  # not the server's to do
    steps: list[int] = []

    class Noting(asyncpg.Connection):
        async def execute(self, *arguments: Any, **options: Any) -> str:
            answer: str = await super().execute(*arguments, **options)
            steps.append(int(answer.removeprefix("DELETE ")))
            return answer

    async def erase() -> int:
        connection = await asyncpg.connect(server.dsn, connection_class=Noting)
        try:
            return await erase_removed(connection, datetime(2100, 1, 1, tzinfo=UTC))
        finally:
            await connection.close()

    assert asyncio.run(erase()) == 1
    assert steps[:3] == [STEP_ROWS, STEP_ROWS, 10]
    assert query(server.dsn, "SELECT FROM agents WHERE id = $1", agent_id) == []
