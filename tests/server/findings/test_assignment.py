"""Assignees and due dates: set for one finding or many, filtered, sorted, exported, and kept when a key is revoked."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server.support import Server, assert_refused, insert_findings, new_database, query, running


@pytest.fixture(scope="module")
def crowd(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 600 findings; each test works with a rule or team of its own."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("assignment")) as server:
        insert_findings(server.dsn)
        yield server


def make_key(server: Server, name: str, scope: str = "readonly") -> dict[str, Any]:
    answer = server.api.post("keys", json={"name": name, "scope": scope})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


def in_days(days: int) -> date:
    return datetime.now(UTC).date() + timedelta(days=days)


def findings(server: Server, **params: Any) -> list[dict[str, Any]]:
    answer = server.api.get("findings", params={"limit": 500, **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def decide(server: Server, **body: Any) -> dict[str, Any]:
    answer = server.api.post("findings/decisions", json=body)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def test_a_finding_is_assigned_with_a_due_date_and_its_history_says_by_whom(crowd: Server) -> None:
    make_key(crowd, "ana")
    finding = findings(crowd, agent_id="00000000-0000-7000-8000-000000000001")[0]
    path, due = f"findings/{finding['id']}", in_days(3).isoformat()
    changed = crowd.api.patch(path, json={"assignee": "ana", "due_on": due}).json()
    assert (changed["assignee"], changed["due_on"], changed["status"]) == ("ana", due, finding["status"])
    crowd.api.patch(path, json={"assignee": "ana"})
    both = crowd.api.patch(path, json={"status": "ACKNOWLEDGED", "note": "on it", "due_on": None}).json()
    assert (both["assignee"], both["due_on"], both["status"], both["note"]) == ("ana", None, "ACKNOWLEDGED", "on it")
    steps = crowd.api.get(f"{path}/history").json()
    assert {step["key_name"] for step in steps} == {"bootstrap-admin"}
    told = sorted((step["at"], step["is_assignment"], step["assignee"], step["due_on"]) for step in steps)
    assert [one[1:] for one in told] == [(True, "ana", due), (False, "ana", None), (True, "ana", None)]


def test_many_are_assigned_at_once_and_the_audit_log_says_to_whom_and_by_when(crowd: Server) -> None:
    make_key(crowd, "bea", "admin")
    due = in_days(10).isoformat()
    body = {"assignee": "bea", "due_on": due, "filter": {"owner_team": "team-1"}}
    matched = len(findings(crowd, owner_team="team-1"))
    assert decide(crowd, **body) == {"matched": matched, "changed": matched}
    assert decide(crowd, **body) == {"matched": matched, "changed": 0}
    assert len(findings(crowd, assignee="bea")) == matched
    entry = crowd.api.get("audit", params={"action": "findings_decided"}).json()[1]
    assert entry["detail"] == f"assignee bea, due {due}: {matched} of {matched}; owner_team team-1"
    opened = decide(crowd, assignee=None, filter={"owner_team": "team-1", "assignee": "bea", "status": "OPEN"})
    assert len(findings(crowd, assignee="bea")) == matched - opened["changed"]
    assert opened["changed"] > 0
    assert all(one["due_on"] == due for one in findings(crowd, owner_team="team-1"))


def test_filters_leave_what_is_mine_unassigned_or_overdue_and_agree_with_sql(crowd: Server) -> None:
    team = {"owner_team": "team-2"}
    own = decide(crowd, assignee="bootstrap-admin", filter={**team, "status": "OPEN"})["changed"]
    assert len(findings(crowd, assignee="me", **team)) == own
    none = findings(crowd, assignee="none", **team)
    assert len(none) == len(findings(crowd, **team)) - own
    assert {one["assignee"] for one in none} == {None}
    yesterday = in_days(-1)
    of_team = "agent_id IN (SELECT id FROM agents WHERE owner_team = 'team-2')"
    query(crowd.dsn, f"UPDATE findings SET due_on = $1 WHERE {of_team}", yesterday)
    overdue = findings(crowd, overdue=True, **team)
    assert len(overdue) == own
    assert "RESOLVED" not in {one["status"] for one in overdue}
    summary = crowd.api.get("findings/summary", params={"overdue": True, "assignee": "me", **team}).json()
    assert summary["findings"] == own
    query(crowd.dsn, f"UPDATE findings SET due_on = $1 WHERE {of_team}", in_days(0))
    assert findings(crowd, overdue=True, **team) == []
    assert decide(crowd, status="OPEN", filter={**team, "overdue": True}) == {"matched": 0, "changed": 0}


def test_the_earliest_due_come_first_page_by_page_and_those_without_a_date_last(crowd: Server) -> None:
    ids = [one["id"] for one in findings(crowd, owner_team="team-3")]
    for number, one in enumerate(ids[:30]):
        query(crowd.dsn, "UPDATE findings SET due_on = $1 WHERE id = $2::uuid", in_days(number % 7), one)
    answer = crowd.api.get("findings", params={"owner_team": "team-3", "order": "due", "limit": 13})
    listed = answer.json()
    while "next" in answer.links:
        answer = crowd.request("GET", answer.links["next"]["url"], crowd.admin_key)
        listed += answer.json()
    assert sorted(one["id"] for one in listed) == sorted(ids)
    places = [(one["due_on"] or "9999-12-31", one["id"]) for one in listed]
    assert places == sorted(places)
    assert crowd.api.get("findings", params={"order": "due", "cursor": "x"}).status_code == 422


def test_a_revoked_key_leaves_its_name_on_findings_but_gets_no_new_ones(crowd: Server) -> None:
    key = make_key(crowd, "cleo")
    (first, second) = findings(crowd, owner_team="team-4")[:2]
    assert crowd.api.patch(f"findings/{first['id']}", json={"assignee": "cleo"}).status_code == 200
    assert crowd.api.delete(f"keys/{key['id']}").status_code in {200, 204}
    assert [one["id"] for one in findings(crowd, assignee="cleo")] == [first["id"]]
    names = {one["name"]: one for one in crowd.api.get("findings/assignees").json()}
    assert names["cleo"] == {"name": "cleo", "is_live": False, "findings": int(first["status"] != "RESOLVED")}
    assert names["bootstrap-admin"]["is_live"]
    refused = crowd.api.patch(f"findings/{second['id']}", json={"assignee": "cleo"})
    assert_refused(refused, 422)
    assert refused.json()["detail"].startswith("assignee: no live admin or readonly key has this name")
    kept = crowd.api.patch(f"findings/{first['id']}", json={"due_on": in_days(1).isoformat()}).json()
    assert kept["assignee"] == "cleo"


@pytest.mark.parametrize("body", [{"due_on": "2020-01-01"}, {"assignee": "unknown-name"}, {"assignee": "none"}])
def test_a_day_in_the_past_and_an_unknown_name_are_refused_for_many_too(crowd: Server, body: dict[str, str]) -> None:
    answer = crowd.api.post("findings/decisions", json={**body, "filter": {}})
    assert_refused(answer, 422)
    assert answer.json()["detail"].startswith(next(iter(body)))


def test_exports_have_assignee_and_due_date(crowd: Server) -> None:
    due = in_days(2).isoformat()
    of_team = {"owner_team": "team-5"}
    decide(crowd, assignee="bootstrap-admin", due_on=due, filter=of_team)
    rows = list(csv.DictReader(io.StringIO(crowd.api.get("findings/export", params={"format": "csv", **of_team}).text)))
    assert {(row["assignee"], row["due_on"]) for row in rows} == {("bootstrap-admin", due)}
    lines = crowd.api.get("findings/export", params={"format": "ocsf", **of_team, "assignee": "me"}).text.splitlines()
    assert len(lines) == len(rows)
    assert all(f'"due_on":"{due}"' in line and '"assignee":{"name":"bootstrap-admin"}' in line for line in lines)


def steps_in_chart(server: Server) -> tuple[int, int]:
    buckets = server.api.get("charts/findings", params={"since": "2h"}).json()["buckets"]
    return sum(one["opened"] for one in buckets), sum(one["resolved"] for one in buckets)


def test_assigning_is_neither_opening_nor_resolving_in_the_chart(crowd: Server) -> None:
    before = steps_in_chart(crowd)
    assert decide(crowd, assignee="bootstrap-admin", filter={"owner_team": "team-6"})["changed"] > 0
    assert steps_in_chart(crowd) == before
