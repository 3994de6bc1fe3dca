"""One decision about many findings: by ids or by filter, exactly counted, in each history, and in the audit log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from server.support import Server, assert_refused, insert_findings, new_database, query, running


@pytest.fixture
def crowd(postgres_dsn: str, tmp_path: Path) -> Iterator[Server]:
    """Run a server with 600 findings, 335 of them open and 202 of these critical: more than one transaction decides."""
    with running(new_database(postgres_dsn), tmp_path) as server:
        insert_findings(server.dsn)
        yield server


def decide(server: Server, **body: Any) -> dict[str, Any]:
    answer = server.api.post("findings/decisions", json=body)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def count(server: Server, condition: str) -> int:
    (row,) = query(server.dsn, f"SELECT count(*) AS findings FROM findings WHERE {condition}")
    found: int = row["findings"]
    return found


def test_all_findings_that_match_are_acknowledged_with_one_note_and_the_answer_says_how_many(crowd: Server) -> None:
    matched = count(crowd, "status = 'OPEN' AND severity = 'CRITICAL'")
    done = decide(crowd, status="ACKNOWLEDGED", note="known", filter={"status": "OPEN", "severity": "CRITICAL"})
    assert done == {"matched": matched, "changed": matched}
    assert matched == 202
    assert count(crowd, "status = 'ACKNOWLEDGED' AND note = 'known'") == 202
    assert count(crowd, "status = 'OPEN'") == 335 - 202
    steps = query(crowd.dsn, "SELECT finding_id, key_name, note FROM finding_history WHERE status = 'ACKNOWLEDGED'")
    assert len({step["finding_id"] for step in steps}) == len(steps) == 202
    assert {(step["key_name"], step["note"]) for step in steps} == {("bootstrap-admin", "known")}


def test_more_findings_than_one_step_holds_are_all_decided_and_a_repeat_changes_none(crowd: Server) -> None:
    query(crowd.dsn, "UPDATE findings SET status = 'OPEN'")
    assert decide(crowd, status="RESOLVED", filter={}) == {"matched": 600, "changed": 600}
    assert count(crowd, "status = 'RESOLVED'") == 600
    assert decide(crowd, status="RESOLVED", filter={}) == {"matched": 600, "changed": 0}
    assert len(query(crowd.dsn, "SELECT id FROM finding_history WHERE status = 'RESOLVED'")) == 600


def test_one_entry_of_the_audit_log_says_what_was_decided_about_how_many(crowd: Server) -> None:
    decide(crowd, status="ACKNOWLEDGED", filter={"severity": "CRITICAL"})
    (entry,) = crowd.api.get("audit", params={"action": "findings_decided"}).json()
    assert entry["detail"] == "ACKNOWLEDGED: 202 of 202; severity CRITICAL"
    assert entry["actor_name"] == "bootstrap-admin"


def test_findings_chosen_by_their_ids_are_snoozed_and_their_agents_scored_in_time(crowd: Server) -> None:
    ids = [one["id"] for one in crowd.api.get("findings", params={"limit": 3}).json()]
    until = datetime.now(UTC) + timedelta(days=1)
    done = decide(crowd, status="ACKNOWLEDGED", snoozed_until=until.isoformat(), ids=[*ids, str(uuid4())])
    assert done == {"matched": 3, "changed": 3}
    assert count(crowd, "snoozed_until IS NOT NULL") == 3
    sql = "SELECT id FROM agents WHERE rescore_at <= $1 AND id IN (SELECT agent_id FROM findings WHERE id = $2::uuid)"
    for one in ids:
        assert len(query(crowd.dsn, sql, until, one)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"status": "OPEN"},
        {"status": "OPEN", "ids": []},
        {"status": "OPEN", "ids": [str(uuid4())], "filter": {}},
        {"status": "OPEN", "ids": ["x"]},
        {"status": "OPEN", "ids": [str(uuid4())] * 1_001},
        {"status": "OPEN", "filter": {"severty": "LOW"}},
        {"status": "OPEN", "filter": {"since": "2026-01-01T00:00:00"}},
        {"status": "GONE", "filter": {}},
        {"status": "OPEN", "snoozed_until": "2099-01-01T00:00:00Z", "filter": {}},
        {"status": "ACKNOWLEDGED", "snoozed_until": "2020-01-01T00:00:00Z", "filter": {}},
    ],
)
def test_what_is_not_a_decision_about_findings_is_refused(server: Server, body: dict[str, Any]) -> None:
    assert_refused(server.api.post("findings/decisions", json=body), 422)


MORE = """
    INSERT INTO findings (id, agent_id, severity, finding_type, rule_id, title, message, detail, evidence, fingerprint,
                          status, is_active, occurrences, created_at, last_opened_at, updated_at)
    SELECT gen_random_uuid(), agent_id, severity, finding_type, rule_id || n, title, message, detail, evidence,
           fingerprint, status, is_active, occurrences, created_at, last_opened_at, updated_at
    FROM findings CROSS JOIN generate_series(1, 17) n
"""


def test_more_findings_than_one_request_may_decide_are_refused_before_any_is(crowd: Server) -> None:
    query(crowd.dsn, MORE)
    before = count(crowd, "status = 'RESOLVED'")
    answer = crowd.api.post("findings/decisions", json={"status": "RESOLVED", "filter": {}})
    assert_refused(answer, 422)
    assert "10000 at most" in answer.json()["detail"]
    assert count(crowd, "status = 'RESOLVED'") == before
