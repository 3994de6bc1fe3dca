"""Searching stored events: each filter by the server, whatever stands on the first page."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.dialects import postgresql

from agentsentinel.events.repository import select_events
from agentsentinel.events.schemas import EventFilters
from server.fleet import fill
from server.support import Server, new_database, query, start_server

FAR = 6_000
"""Newer events than the one that is looked for, at least."""
MARKED = """
UPDATE agent_events SET tool_name = 'export_ledger', session_id = 'run-lost', tool_call_id = 'toolu_lost',
    status = 'denied', channel = 4, anomaly_score = 0.95, server_name = 'ledger', operation = 'dump',
    trace_id = decode(repeat('ab', 16), 'hex'),
    reasons = '[{"detector": "RATE", "score": 0.95, "message": "Forty times the usual pace"}]'
WHERE (timestamp, id) = (SELECT timestamp, id FROM agent_events ORDER BY timestamp DESC, id DESC OFFSET $1 LIMIT 1)
RETURNING id::text, agent_id, timestamp
"""
JUDGED = """
INSERT INTO agent_sessions (id, agent_id, number, session_id, started_at, last_at, is_open, calls, tools, failed_calls,
                            max_anomaly_score, risk, is_alarm, reasons, timeline)
VALUES (gen_random_uuid(), $1, 0, 'run-lost', $2, $2, false, 1, 1, 1, 0.95, 0.2, false, '[]', '[]')
RETURNING id::text
"""


class Lost:
    """An event far back among those of a fleet."""

    def __init__(self, server: Server) -> None:
        self.server = server
        (row,) = query(server.dsn, MARKED, FAR)
        query(
            server.dsn, "UPDATE agents SET channels = channels | 16, owner_team = 'lost' WHERE id = $1", row["agent_id"]
        )
        self.event_id: str = row["id"]
        self.agent_id = str(row["agent_id"])
        self.judged_session_id = query(server.dsn, JUDGED, row["agent_id"], row["timestamp"])[0]["id"]

    def found(self, **filters: Any) -> list[str]:
        """Return the ids of the first page."""
        answer = self.server.api.get("events", params=filters)
        assert answer.status_code == 200, answer.text
        return [event["event_id"] for event in answer.json()]


@pytest.fixture(scope="module")
def lost(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    """Run a server with a fleet, in which one event differs from all others."""
    dsn = new_database(postgres_dsn)
    server = start_server(dsn, tmp_path_factory.mktemp("search"))
    fill(dsn, agents=24, events=2 * FAR)
    yield Lost(server)
    server.stop()


@pytest.mark.parametrize(
    "filters",
    [
        {"tool_name": "export_ledger"},
        {"session_id": "run-lost"},
        {"channel": "hook"},
        {"status": "denied", "min_anomaly_score": 0.95},
        {"owner_team": "lost", "q": "export_ledger"},
        {"q": "PACE forty"},
        {"q": "ledger DUMP denied"},
        {"q": "toolu_lost"},
        {"q": "ab" * 16},
        {"tool_name": "export_ledger", "since": "30d", "q": "fleet-", "limit": 1},
    ],
)
def test_an_event_thousands_of_events_back_is_found_by_what_is_known_of_it(lost: Lost, filters: dict[str, Any]) -> None:
    assert lost.event_id not in lost.found(limit=200)
    assert lost.found(**filters) == [lost.event_id]


def test_filters_narrow_one_another(lost: Lost) -> None:
    assert lost.found(agent_id=lost.agent_id, session_id="run-lost") == [lost.event_id]
    other = "00000000-0000-7000-8000-000000000001"
    assert other != lost.agent_id
    for refuting in ({"agent_id": other}, {"status": "ok"}, {"channel": "sdk"}, {"q": "paces"}, {"since": "1h"}):
        assert lost.found(tool_name="export_ledger", **refuting) == []
    assert lost.found(agent_id=other, owner_team="lost") == []
    assert lost.found(session_id="run-of-no-one") == []


def test_a_search_goes_on_page_by_page_without_a_gap(lost: Lost) -> None:
    filters: dict[str, Any] = {"tool_name": "send_email", "min_anomaly_score": 0.7, "channel": "sdk", "limit": 7}
    answer = lost.server.api.get("events", params=filters)
    found = answer.json()
    while "next" in answer.links:
        answer = lost.server.api.get(answer.links["next"]["url"].removeprefix("/api/v1/"))
        found += answer.json()
    sql = (
        "SELECT id::text FROM agent_events WHERE tool_name = 'send_email' AND anomaly_score >= 0.7"
        " ORDER BY timestamp DESC, id DESC"
    )
    assert [event["event_id"] for event in found] == [row["id"] for row in query(lost.server.dsn, sql)]
    assert len(found) > 14


def test_one_event_is_returned_with_all_that_is_stored_of_it(lost: Lost) -> None:
    event = lost.server.api.get(f"events/{lost.event_id}").json()
    assert (event["tool_name"], event["server_name"], event["operation"]) == ("export_ledger", "ledger", "dump")
    assert event["judged_session_id"] == lost.judged_session_id
    (row,) = query(
        lost.server.dsn,
        "SELECT encode(input_hash, 'hex') AS input, encode(output_hash, 'hex') AS output, received_at"
        " FROM agent_events WHERE id = $1",
        lost.event_id,
    )
    assert (event["input_hash"], event["output_hash"]) == (row["input"], row["output"])


@pytest.mark.parametrize(
    "filters",
    [
        EventFilters(tool_name="export_ledger"),
        EventFilters(status="denied", min_anomaly_score=0.9),
        EventFilters(min_anomaly_score=0.93),
        EventFilters(session_id="run-lost"),
    ],
)
def test_a_rare_event_is_found_without_reading_all_others(lost: Lost, filters: EventFilters) -> None:
    agent_ids = [UUID(lost.agent_id)] if filters.session_id else None
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statement = select_events(filters, agent_ids, 50).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    plan = "\n".join(row["QUERY PLAN"] for row in query(lost.server.dsn, f"EXPLAIN ANALYZE {statement}"))
    assert sum(map(int, re.findall(r"Rows Removed by Filter: (\d+)", plan))) < 500, plan
