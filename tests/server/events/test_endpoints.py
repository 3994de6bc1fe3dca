"""Events: reported once or again, alone or in batches, and listed page by page."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from agentsentinel.kit.ids import uuid7
from server.session_risk.support import wait_until_judged
from server.support import HASH, MANY_EVENTS, Server, assert_refused, event, query


def new_id() -> str:
    return str(uuid7(time.time()))


def listed(server: Server, agent_id: str, **params: Any) -> list[dict[str, Any]]:
    answer = server.api.get("events", params={"agent_id": agent_id, "limit": 200, **params})
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json()
    return events


def total_calls(server: Server, agent_id: str, tool_name: str = "crm_search") -> int:
    assert server.api.get(f"agents/{agent_id}/baselines").status_code == 200  # reading the counters settles them
    sql = "SELECT total_calls FROM tool_usage WHERE agent_id = $1 AND tool_name = $2"
    rows = query(server.dsn, sql, agent_id, tool_name)
    return int(rows[0]["total_calls"]) if rows else 0


def test_an_event_is_answered_with_its_id_score_reasons_and_time(server: Server) -> None:
    agent_id = server.new_agent()
    before = datetime.now(UTC)
    answer = server.report(agent_id)
    assert set(answer) == {"event_id", "anomaly_score", "reasons", "timestamp"}
    assert UUID(answer["event_id"]).version == 7
    assert answer["anomaly_score"] == 0.9
    assert [reason["detector"] for reason in answer["reasons"]] == ["FIRST_CALL"]
    assert before <= datetime.fromisoformat(answer["timestamp"]) <= datetime.now(UTC)


def test_an_event_is_listed_as_it_was_reported_and_without_its_digests(server: Server) -> None:
    agent_id = server.new_agent(name="lister")
    told = server.report(agent_id, duration_ms=12, session_id="s1", tool_call_id="c1", status="error")
    [shown] = listed(server, agent_id)
    assert shown == {
        **told,
        "agent_id": agent_id,
        "agent_name": "lister",
        "tool_name": "crm_search",
        "duration_ms": 12,
        "session_id": "s1",
        "tool_call_id": "c1",
        "status": "error",
        "channel": "api",
        "trace_id": None,
        "span_id": None,
        "server_name": None,
        "operation": None,
        "decision": None,
        "would_block": False,
        "policy_rule": None,
    }
    assert HASH not in str(shown)


def test_content_sent_along_is_never_stored(server: Server) -> None:
    agent_id = server.new_agent()
    marker = uuid4().hex
    server.report(agent_id, input=marker, output={"text": marker}, arguments=[marker])
    rows = query(server.dsn, "SELECT to_jsonb(e)::text AS row FROM agent_events e WHERE agent_id = $1", agent_id)
    assert marker not in rows[0]["row"]


def test_an_event_keeps_its_server_operation_and_decision(server: Server) -> None:
    agent_id = server.new_agent()
    told: dict[str, Any] = {
        "channel": "hook",
        "server_name": "files",
        "operation": "git.push",
        "decision": "deny",
        "would_block": True,
        "policy_rule": "no-push",
        "status": "denied",
    }
    server.report(agent_id, **told)
    [shown] = listed(server, agent_id)
    assert {name: shown[name] for name in told} == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "rm -rf"},
        {"operation": ""},
        {"operation": "x" * 65},
        {"decision": "maybe"},
        {"would_block": "yes"},
        {"server_name": ""},
        {"server_name": "a\0b"},
        {"policy_rule": "x" * 256},
        {"policy_rule": "a\0b"},
        {"duration_ms": 604_800_001},
    ],
)
def test_a_member_beyond_its_limits_is_refused(server: Server, wrong: dict[str, Any]) -> None:
    agent_id = server.new_agent()
    assert_refused(server.api.post("events", json=event(agent_id, **wrong)), 422)
    assert listed(server, agent_id) == []


@pytest.mark.parametrize(
    "boundary",
    [
        {"duration_ms": 0},
        {"duration_ms": 604_800_000},
        {"session_id": "x" * 255},
        {"server_name": "x" * 255, "operation": "a-z0.9_+" * 8, "policy_rule": "x" * 255},
    ],
)
def test_the_limits_themselves_are_allowed(server: Server, boundary: dict[str, Any]) -> None:
    agent_id = server.new_agent()
    server.report(agent_id, "t" * 255, **boundary)
    assert len(listed(server, agent_id)) == 1


def test_a_repeated_event_id_answers_the_first_result_and_changes_nothing(server: Server) -> None:
    agent_id, event_id = server.new_agent(), new_id()
    first = server.report(agent_id, event_id=event_id)
    other = {"event_id": event_id, "duration_ms": 5, "status": "error", "timestamp": datetime.now(UTC).isoformat()}
    assert server.report(agent_id, "another_tool", **other) == first
    assert first["event_id"] == event_id
    [shown] = listed(server, agent_id)
    assert (shown["tool_name"], shown["duration_ms"], shown["status"]) == ("crm_search", None, "ok")
    assert total_calls(server, agent_id, "another_tool") == 0


def test_one_event_posted_a_hundred_times_at_once_counts_once(server: Server) -> None:
    agent_id, event_id = server.new_agent(), new_id()
    server.report(agent_id)
    body = event(agent_id, event_id=event_id)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.api.post("events", json=body), range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert total_calls(server, agent_id) == 2
    assert len(listed(server, agent_id)) == 2
    assert server.wait_for_score(agent_id, events=2)


def test_an_event_id_belongs_to_one_agent(server: Server) -> None:
    first, second, event_id = server.new_agent(), server.new_agent(), new_id()
    server.report(first, event_id=event_id)
    assert_refused(server.api.post("events", json=event(second, event_id=event_id)), 409)
    assert listed(server, second) == []


def test_an_event_id_may_be_used_again_when_its_agent_is_deleted(server: Server) -> None:
    first, second, event_id = server.new_agent(), server.new_agent(), new_id()
    server.report(first, event_id=event_id)
    server.api.delete(f"agents/{first}")
    assert server.report(second, event_id=event_id)["event_id"] == event_id
    assert len(listed(server, second)) == 1


def test_a_batch_is_answered_event_by_event_in_order(server: Server) -> None:
    agent_id, other, known, twice = server.new_agent(), server.new_agent(), new_id(), new_id()
    first = server.report(agent_id, event_id=known)
    events = [
        event(agent_id),
        event(agent_id, event_id=known),
        event(agent_id, duration_ms=-1),
        event(str(uuid4())),
        event(agent_id, event_id=twice),
        event(agent_id, event_id=twice),
        event(other, event_id=known),
        event(agent_id, "second_tool"),
    ]
    results = server.api.post("events/batch", json={"events": events}).json()["results"]
    assert [result["status"] for result in results] == [201, 201, 422, 404, 201, 201, 409, 201]
    assert [result.get("duplicate") for result in results] == [False, True, None, None, False, True, None, False]
    assert {name: results[1][name] for name in first} == first
    assert {**results[4], "duplicate": True} == results[5]
    assert results[7]["anomaly_score"] == 0.9
    assert len(listed(server, agent_id)) == 4
    assert listed(server, other) == []


def test_a_batch_sent_again_is_all_duplicates(server: Server) -> None:
    agent_id = server.new_agent()
    body = {"events": [event(agent_id, event_id=new_id()) for _ in range(50)]}
    first, again = (server.api.post("events/batch", json=body).json()["results"] for _ in range(2))
    assert [{**result, "duplicate": True} for result in first] == again
    assert total_calls(server, agent_id) == 50


@pytest.mark.parametrize("age", [timedelta(hours=23, minutes=59), timedelta(minutes=5)])
def test_an_agent_key_may_report_the_last_24_hours(server: Server, age: timedelta) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    at = datetime.now(UTC) - age
    body = event(agent_id, timestamp=at.isoformat())
    answer = server.request("POST", "/api/v1/events", key, json=body)
    assert answer.status_code == 201
    assert datetime.fromisoformat(answer.json()["timestamp"]) == at


def test_older_events_need_an_admin_key(server: Server) -> None:
    agent_id = server.new_agent()
    key = server.new_key("agent", agent_id)
    body = event(agent_id, timestamp=(datetime.now(UTC) - timedelta(hours=24, minutes=1)).isoformat())
    assert_refused(server.request("POST", "/api/v1/events", key, json=body), 422)
    batch = server.request("POST", "/api/v1/events/batch", key, json={"events": [body, event(agent_id)]})
    assert [result["status"] for result in batch.json()["results"]] == [422, 201]
    assert server.api.post("events", json=body).status_code == 201


def test_an_admin_key_may_report_all_that_the_server_keeps(server: Server) -> None:
    past = datetime.now(UTC) - timedelta(days=89, hours=23)
    answer = server.report(server.new_agent(), timestamp=past.isoformat())
    assert datetime.fromisoformat(answer["timestamp"]) == past


@pytest.mark.parametrize("past", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2024-02-29T12:00:00Z"])
def test_events_older_than_the_retention_are_refused_and_make_no_partition(server: Server, past: str) -> None:
    agent_id = server.new_agent()
    refused = server.api.post("events", json=event(agent_id, timestamp=past))
    assert_refused(refused, 422)
    assert "EVENT_RETENTION_DAYS" in refused.json()["detail"]
    batch = server.api.post("events/batch", json={"events": [event(agent_id, timestamp=past), event(agent_id)]})
    assert [result["status"] for result in batch.json()["results"]] == [422, 201]
    weeks = query(server.dsn, "SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'agent_events'::regclass")
    assert weeks[0]["n"] <= 90 // 7 + 7


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(hours=23)])
def test_a_clock_that_is_fast_does_not_lead_into_the_future(server: Server, ahead: timedelta) -> None:
    agent_id = server.new_agent()
    answer = server.report(agent_id, timestamp=(datetime.now(UTC) + ahead).isoformat())
    assert datetime.fromisoformat(answer["timestamp"]) <= datetime.now(UTC)


def test_a_clock_a_day_ahead_or_without_a_zone_is_refused(server: Server) -> None:
    agent_id = server.new_agent()
    for at in (datetime.now(UTC) + timedelta(hours=25), datetime.now(UTC).replace(tzinfo=None)):
        assert_refused(server.api.post("events", json=event(agent_id, timestamp=at.isoformat())), 422)


def test_recency_counts_when_events_are_received_whatever_time_they_claim(server: Server) -> None:
    agent_id = server.new_agent()
    for minutes in range(5):
        server.report(agent_id, timestamp=(datetime.now(UTC) - timedelta(days=2, minutes=minutes)).isoformat())
    agent = server.wait_for_score(agent_id, events=5)
    assert agent["recency_bonus"] == 10.0


def pages(server: Server, url: str) -> Iterator[list[dict[str, Any]]]:
    """Each page of a listing, by the Link header."""
    while url:
        answer = server.request("GET", url, server.admin_key)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        url = answer.links.get("next", {}).get("url", "")


def test_pages_neither_skip_nor_repeat_while_new_events_come_in(server: Server) -> None:
    agent_id = server.new_agent()
    results = server.api.post("events/batch", json={"events": [event(agent_id)] * 95}).json()["results"]
    expected = [result["event_id"] for result in results][::-1]
    seen: list[str] = []
    for page in pages(server, f"/api/v1/events?agent_id={agent_id}&limit=10"):
        seen += [one["event_id"] for one in page]
        server.report(agent_id)
    assert seen == expected


def test_pages_hold_events_of_one_and_the_same_time(server: Server) -> None:
    agent_id, at = server.new_agent(), (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    server.api.post("events/batch", json={"events": [event(agent_id, timestamp=at)] * 25})
    seen = [one["event_id"] for page in pages(server, f"/api/v1/events?agent_id={agent_id}&limit=4") for one in page]
    assert len(seen) == len(set(seen)) == 25


def test_a_listing_without_an_agent_shows_all_of_them(server: Server) -> None:
    ids = [server.new_agent(), server.new_agent()]
    for agent_id in ids:
        server.report(agent_id)
    newest = server.api.get("events", params={"limit": 2}).json()
    assert [one["agent_id"] for one in newest] == ids[::-1]
    assert listed(server, str(uuid4())) == []


def counters(server: Server) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in server.request("GET", "/metrics").text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in lines}


def test_received_is_stored_and_duplicate_and_rejected_in_any_mixture(server: Server) -> None:
    agent_id, other, known = server.new_agent(), server.new_agent(), new_id()
    key = server.new_key("agent", agent_id)
    readonly = server.new_key("readonly")
    before = counters(server)

    def post(key: str | None, path: str, **kwargs: Any) -> httpx2.Response:
        return server.request("POST", f"/api/v1/{path}", key, **kwargs)

    def mixture(number: int) -> None:
        post(key, "events", json=event(agent_id))  # stored
        post(key, "events", json=event(agent_id, event_id=known))  # stored once
        post(key, "events", json=event(other))  # forbidden
        post(server.admin_key, "events", json=event(str(uuid4())))  # unknown agent
        post(None, "events", json=event(agent_id))  # unauthenticated
        post(readonly, "events", json=event(agent_id))  # forbidden
        post(key, "events", content=b"{", headers={"Content-Type": "application/json"})  # invalid
        post(key, "events", content=b"{}", headers={"Content-Type": "text/plain"})  # invalid
        post(key, "events", json=event(agent_id, duration_ms=-1))  # invalid
        events = [event(agent_id), event(other), event(agent_id, status="x"), event(agent_id, event_id=known)]
        post(key, "events/batch", json={"events": events})  # stored, forbidden, invalid, duplicate

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(mixture, range(10)))
    after = counters(server)
    moved = {name: value - before.get(name, 0.0) for name, value in after.items()}
    rejected = {name: value for name, value in moved.items() if "rejected" in name and value}
    assert moved["agentsentinel_events_received_total"] == 130
    assert moved["agentsentinel_events_stored_total"] == 21
    assert moved["agentsentinel_events_duplicate_total"] == 19
    expected = {"invalid": 40, "forbidden": 30, "unauthenticated": 10, "unknown_agent": 10}
    assert rejected == {f'agentsentinel_events_rejected_total{{reason="{r}"}}': n for r, n in expected.items()}
    assert len(listed(server, agent_id)) == 21


def test_the_events_of_a_session_are_found_without_reading_the_agents_others(server: Server) -> None:
    """Figures of time: `python -m bench.removal`."""
    agent_id = server.new_agent()
    query(server.dsn, MANY_EVENTS, agent_id, 5_000)
    query(server.dsn, "ANALYZE agent_events")
    found = server.api.get("events", params={"agent_id": agent_id, "session_id": "session 7", "limit": 200}).json()
    assert len(found) == 100
    statement = (
        "SELECT * FROM agent_events WHERE agent_events.agent_id NOT IN"
        " (SELECT id FROM agents WHERE removed_at IS NOT NULL) AND agent_id = $1 AND session_id = 'session 7'"
        " ORDER BY timestamp DESC, id DESC LIMIT 200"
    )
    plan = query(server.dsn, f"EXPLAIN (ANALYZE, FORMAT TEXT) {statement}", UUID(agent_id))
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    nodes = [node for node in text.split("->") if re.search(r"Scan .* on (agent_events|_hyper)", node)]
    passed_over = [int(number) for node in nodes for number in re.findall(r"Rows Removed by Filter: (\d+)", node)]
    assert sum(passed_over) < 1_000, text  # of 5,000
    assert re.search(r"Index Scan .*(using|on) \w*agent_events_\w*session", text), text  # "on": of a bitmap


def test_a_session_that_began_before_the_newest_events_does_not_claim_to_be_counted_whole(server: Server) -> None:
    agent_id = server.new_agent()
    query(server.dsn, MANY_EVENTS, agent_id, 5_050)  # a hundred to a session: the oldest is cut in its middle
    runs = server.api.get(f"agents/{agent_id}/sessions", params={"limit": 200}).json()
    cut = {run["session_id"] for run in runs if not run["is_complete"]}
    assert len(cut) == 1
    assert all(run["calls"] in {99, 100} for run in runs if run["is_complete"])
    assert all(run["calls"] < 100 for run in runs if not run["is_complete"])


def test_sessions_are_paged_to_the_oldest_one_with_a_true_count(server: Server) -> None:
    agent_id = server.new_agent()
    query(server.dsn, MANY_EVENTS, UUID(agent_id), 12_000)
    answer = server.api.get(f"agents/{agent_id}/sessions", params={"limit": 7})
    found = answer.json()
    while "next" in answer.links:
        answer = server.api.get(answer.links["next"]["url"].removeprefix("/api/v1/"))
        found += answer.json()
    assert len(found) == 121  # the first has 99 events, the last has one
    assert {run["session_id"] for run in found} == {f"session {number}" for number in range(121)}
    assert [run["ended_at"] for run in found] == sorted((run["ended_at"] for run in found), reverse=True)
    assert {run["calls"] for run in found if run["is_complete"]} == {1, 99, 100}


def test_sessions_are_counted_and_those_of_a_span_are_listed(server: Server) -> None:
    agent_id = server.new_agent()
    for days in reversed(range(6)):
        at = (datetime.now(UTC) - timedelta(days=days, minutes=1)).isoformat()
        server.report(agent_id, session_id=f"run {days}", timestamp=at)
    wait_until_judged(server, agent_id, 6)
    for order in ("latest", "risk"):
        path, given = f"agents/{agent_id}/sessions", {"order": order, "limit": 1}
        narrowed = server.api.get(path, params={"order": order, "since": "84h", "until": "30h"})
        assert {run["session_id"] for run in narrowed.json()} == {"run 2", "run 3"}
        assert narrowed.headers["x-total-count"] == "2"
        answer = server.api.get(path, params=given)
        assert answer.headers["x-total-count"] == "6"
        found = answer.json()
        while "next" in answer.links:
            answer = server.api.get(answer.links["next"]["url"].removeprefix("/api/v1/"))
            found += answer.json()
        assert sorted(run["session_id"] for run in found) == [f"run {days}" for days in range(6)]


BROKEN_ITEMS = {
    "half a surrogate pair": (b'"a\\ud83d"', 201),
    "the other half": (b'"\\udc00"', 201),
    "bytes that are not UTF-8": (b'"a\xf0\x9f"', 201),
    "NUL": (b'"a\\u0000"', 422),
    "a number": (b"5", 422),
    "null": (b"null", 422),
    "too long": (b'"' + b"a" * 256 + b'"', 422),
    "an object": (b"{}", 422),
}


@pytest.mark.parametrize(("name", "status"), BROKEN_ITEMS.values(), ids=BROKEN_ITEMS)
def test_one_bad_event_of_a_batch_stands_alone(server: Server, name: bytes, status: int) -> None:
    agent_id = server.new_agent()
    good = json.dumps(event(agent_id)).encode()
    bad = json.dumps(event(agent_id, "XXXX")).encode().replace(b'"XXXX"', name)
    body = b'{"events": [%b, %b, %b]}' % (good, bad, good)
    answer = server.api.post("events/batch", content=body, headers={"Content-Type": "application/json"})
    assert [result["status"] for result in answer.json()["results"]] == [201, status, 201]
    stored = {one["tool_name"] for one in listed(server, agent_id)}
    assert len(stored) == (2 if status == 201 else 1)
    assert all("\ufffd" in tool for tool in stored - {"crm_search"})
