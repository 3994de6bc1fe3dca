"""Charts of all agents: what they count is what the database has, without reading an event again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from server import fleet
from server.support import Server, assert_refused, new_database, query, start_server

AGENTS, EVENTS, DAYS = 24, 4_000, 30
TEAM = "owner_team = 'team-03'"


@pytest.fixture(scope="module")
def past(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone, with 30 days of events and findings."""
    server = start_server(new_database(postgres_dsn), tmp_path_factory.mktemp("charts"))
    fleet.fill(server.dsn, AGENTS, EVENTS, DAYS)
    yield server
    server.stop()


def chart(server: Server, name: str, **params: str) -> dict[str, Any]:
    answer = server.api.get(f"charts/{name}", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def counted(server: Server, found: dict[str, Any], condition: str = "true") -> dict[str, Any]:
    """Count the stored events of the span of a chart."""
    (row,) = query(
        server.dsn,
        f"""
        SELECT count(*) AS calls, count(*) FILTER (WHERE anomaly_score >= 0.7) AS anomalies,
               count(*) FILTER (WHERE e.status = 'error') AS errors,
               count(*) FILTER (WHERE e.status = 'denied') AS denied
        FROM agent_events e JOIN agents a ON a.id = e.agent_id
        WHERE timestamp >= $1 AND timestamp < $2 AND {condition}
        """,
        moment(found["since"]),
        moment(found["until"]),
    )
    return row


@pytest.mark.parametrize(("time", "seconds"), [("24h", 3600), ("7d", 10_800), ("30d", 86_400), ("400d", 604_800)])
def test_the_chart_of_events_counts_what_is_stored_in_buckets_that_the_server_chose(
    past: Server, time: str, seconds: int
) -> None:
    found = chart(past, "events", since=time)
    assert found["bucket_seconds"] == seconds
    starts = [moment(bucket["at"]).timestamp() for bucket in found["buckets"]]
    assert starts == list(range(int(starts[0]), int(moment(found["until"]).timestamp()), seconds))
    totals = {name: sum(bucket[name] for bucket in found["buckets"]) for name in counted(past, found)}
    assert totals == counted(past, found)
    assert totals["anomalies"] > 0


def test_each_bucket_has_the_events_of_its_time(past: Server) -> None:
    found = chart(past, "events", since="7d")
    for bucket, next_one in zip(found["buckets"][:-1], found["buckets"][1:], strict=True):
        span = {"since": bucket["at"], "until": next_one["at"]}
        assert bucket["calls"] == counted(past, span)["calls"]


def test_a_chart_of_one_team_or_agent_counts_theirs_alone(past: Server) -> None:
    agent_id = query(past.dsn, f"SELECT id FROM agents WHERE {TEAM} LIMIT 1")[0]["id"]
    for params, condition in (({"owner_team": "team-03"}, TEAM), ({"agent_id": str(agent_id)}, f"a.id = '{agent_id}'")):
        found = chart(past, "events", since="30d", **params)
        calls = sum(bucket["calls"] for bucket in found["buckets"])
        assert calls == counted(past, found, condition)["calls"] > 0
    assert sum(bucket["calls"] for bucket in chart(past, "events", owner_team="nobody's")["buckets"]) == 0


def test_teams_are_counted_with_their_agents_the_most_calls_first(past: Server) -> None:
    found = chart(past, "teams", since="30d")
    rows = query(
        past.dsn,
        """
        SELECT owner_team, count(DISTINCT a.id) AS agents, count(*) AS calls,
               count(*) FILTER (WHERE anomaly_score >= 0.7) AS anomalies
        FROM agent_events e JOIN agents a ON a.id = e.agent_id WHERE timestamp >= $1 AND timestamp < $2
        GROUP BY 1 ORDER BY 3 DESC, 1
        """,
        moment(found["since"]),
        moment(found["until"]),
    )
    assert found["teams"] == rows
    assert found["team_count"] == len(rows) == fleet.TEAMS
    few = chart(past, "teams", since="30d", limit="2")
    assert (few["teams"], few["team_count"]) == (found["teams"][:2], fleet.TEAMS)


def test_findings_are_counted_when_they_open_and_when_they_are_resolved(past: Server) -> None:
    found = chart(past, "findings", since="30d")
    steps = "SELECT count(*) AS n FROM finding_history WHERE at >= $1 AND at < $2 AND status = $3"
    for name, status in (("opened", "OPEN"), ("resolved", "RESOLVED")):
        total = sum(bucket[name] for bucket in found["buckets"])
        assert [{"n": total}] == query(past.dsn, steps, moment(found["since"]), moment(found["until"]), status)
        assert total > 0
    of_team = chart(past, "findings", since="30d", owner_team="team-03")
    assert 0 < sum(bucket["opened"] for bucket in of_team["buckets"]) < total + 100


def test_the_last_hour_is_counted_by_the_minute(server: Server) -> None:
    agent_id = server.new_agent(owner_team="by-the-minute")
    server.report(agent_id)
    found = chart(server, "events", since="1h", owner_team="by-the-minute")
    assert found["bucket_seconds"] == 60
    assert sum(bucket["calls"] for bucket in found["buckets"]) == 1
    assert {bucket["anomalies"] for bucket in found["buckets"]} == {None}


def test_what_was_just_reported_is_in_the_chart(server: Server) -> None:
    agent_id = server.new_agent(owner_team="just-now")
    server.report(agent_id)
    now = datetime.now(UTC)
    found = chart(server, "events", since="30d", agent_id=agent_id)
    assert found["buckets"][-1]["calls"] == 1
    assert moment(found["until"]) > now
    teams = chart(server, "teams", since="30d", limit="500")["teams"]
    assert [team["calls"] for team in teams if team["owner_team"] == "just-now"] == [1]


def test_a_removed_agent_is_in_no_chart(server: Server) -> None:
    agent_id = server.new_agent(owner_team="leaving")
    server.report(agent_id)
    server.api.delete(f"agents/{agent_id}")
    assert sum(bucket["calls"] for bucket in chart(server, "events", owner_team="leaving")["buckets"]) == 0
    assert "leaving" not in {team["owner_team"] for team in chart(server, "teams", limit="500")["teams"]}


def test_charts_of_weeks_need_neither_events_nor_hours(past: Server) -> None:
    month = {name: chart(past, name, since="30d") for name in ("events", "teams", "findings")}
    query(past.dsn, "DELETE FROM agent_events")
    week = chart(past, "events", since="7d")
    assert sum(bucket["calls"] for bucket in week["buckets"]) > 0
    query(past.dsn, "DELETE FROM agent_hours")
    assert {name: chart(past, name, since="30d") for name in month} == month
    assert sum(bucket["calls"] for bucket in chart(past, "events", since="7d")["buckets"]) == 0


@pytest.mark.parametrize("name", ["events", "findings", "teams"])
@pytest.mark.parametrize(
    "params", [{"since": "401d"}, {"since": "1h", "until": "2h"}, {"since": "soon"}, {"owner_team": "\0"}], ids=str
)
def test_what_makes_no_sense_is_refused(server: Server, name: str, params: dict[str, str]) -> None:
    if name == "teams" and "owner_team" in params:
        params = {"limit": "501"}
    assert_refused(server.api.get(f"charts/{name}", params=params), 422)


def test_times_at_the_ends_of_the_calendar_are_answered(server: Server) -> None:
    for since, until in (("1970-01-01", "1970-12-01"), ("9998-01-01", "9998-12-31")):
        for name in ("events", "findings", "teams"):
            chart(server, name, since=f"{since}T00:00:00Z", until=f"{until}T00:00:00Z")
