"""The life of a finding: it opens, is decided on, reopens with news, and resolves by itself."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from patience import PATIENCE_SECONDS
from server.findings.support import Case
from server.support import Server, query


def test_a_finding_opens_with_its_cause(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    finding = case.finding()
    assert (finding["status"], finding["is_active"], finding["occurrences"]) == ("OPEN", True, 1)
    assert (finding["severity"], finding["finding_type"]) == ("LOW", "POSTURE")
    assert finding["evidence"] == ["tool:delete_file"]
    assert finding["title"]
    assert finding["message"]
    assert (finding["note"], finding["resolved_at"]) == (None, None)


def test_an_acknowledged_finding_stays_while_its_evidence_is_the_same(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    decided = case.decide("ACKNOWLEDGED", note="known, ticket 1")
    assert case.score()["findings_count"] == 0
    assert case.score()["posture_score"] == 95, "what is acknowledged is still true"
    case.add("crm_search")
    assert case.finding() == decided


def test_a_finding_reopens_when_new_evidence_joins(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    before = case.decide("ACKNOWLEDGED", note="known")
    case.add("drop_table")
    after = case.finding()
    assert (after["id"], after["status"], after["occurrences"]) == (before["id"], "OPEN", 2)
    assert after["evidence"] == ["tool:delete_file", "tool:drop_table"]
    assert after["note"] is None
    assert after["last_opened_at"] > before["last_opened_at"]
    assert after["created_at"] == before["created_at"]


def test_more_evidence_of_an_open_finding_is_the_same_occurrence(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    case.add("drop_table")
    assert (case.finding()["status"], case.finding()["occurrences"]) == ("OPEN", 1)
    assert case.finding()["evidence"] == ["tool:delete_file", "tool:drop_table"]


def test_less_evidence_keeps_the_decision(server: Server) -> None:
    case = Case(server)
    first = case.add("delete_file")
    case.add("drop_table")
    case.decide("ACKNOWLEDGED", note="both known")
    case.remove(first)
    finding = case.finding()
    assert (finding["status"], finding["note"], finding["evidence"]) == (
        "ACKNOWLEDGED",
        "both known",
        ["tool:drop_table"],
    )


def test_a_finding_resolves_by_itself_and_reopens_when_its_cause_is_back(server: Server) -> None:
    case = Case(server)
    grant_id = case.add("delete_file")
    case.decide("ACKNOWLEDGED")
    case.remove(grant_id)
    gone = case.finding()
    assert (gone["status"], gone["is_active"]) == ("RESOLVED", False)
    assert gone["resolved_at"] is not None
    assert case.score()["posture_score"] == 100
    case.add("delete_file")
    back = case.finding()
    assert (back["id"], back["status"], back["is_active"], back["occurrences"]) == (gone["id"], "OPEN", True, 2)
    assert back["resolved_at"] is None


def test_resolved_by_a_person_it_stays_so_while_nothing_is_new(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    decided = case.decide("RESOLVED", note="accepted")
    assert decided["resolved_at"] is not None
    score = case.score()
    assert (score["findings_count"], score["posture_score"]) == (0, 95)
    assert (case.finding()["status"], case.finding()["is_active"]) == ("RESOLVED", True)
    reopened = case.decide("OPEN")
    assert (reopened["status"], reopened["resolved_at"], reopened["note"]) == ("OPEN", None, "accepted")


def test_a_note_can_be_changed_and_taken_back(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    assert case.decide("ACKNOWLEDGED", note="one")["note"] == "one"
    assert case.decide("ACKNOWLEDGED")["note"] == "one"
    assert case.decide("ACKNOWLEDGED", note=None)["note"] is None


def test_eight_who_ask_for_the_score_at_once_make_no_second_finding(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    case.add("read_database")
    case.add("send_email")
    query(server.dsn, "DELETE FROM findings WHERE agent_id = $1", case.agent_id)
    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(lambda _: case.score(), range(16)))
    assert len({score["findings_count"] for score in scores}) == 1
    findings = server.api.get(f"agents/{case.agent_id}/findings").json()
    assert len({finding["rule_id"] for finding in findings}) == len(findings) >= 2
    assert {finding["occurrences"] for finding in findings} == {1}


def test_scoring_again_changes_nothing(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    before = case.finding()
    first = case.score()
    assert [case.score() for _ in range(3)] == [first] * 3
    assert case.finding() == before


# --- all findings, what was decided, and for how long


def steps(server: Server, finding_id: str) -> list[dict[str, Any]]:
    """Return the history of a finding, newest first."""
    listed: list[dict[str, Any]] = server.api.get(f"findings/{finding_id}/history").json()
    return listed


def test_the_history_tells_what_the_rules_did_and_what_people_did_and_with_which_key(server: Server) -> None:
    case = Case(server)
    grant_id = case.add("delete_file")
    case.decide("ACKNOWLEDGED", note="known")
    case.remove(grant_id)
    case.add("delete_file")
    told = [(step["status"], step["key_name"], step["note"]) for step in steps(server, case.finding()["id"])]
    assert told == [
        ("OPEN", None, None),
        ("RESOLVED", None, "known"),
        ("ACKNOWLEDGED", "bootstrap-admin", "known"),
        ("OPEN", None, None),
    ]


def test_a_snoozed_finding_opens_by_itself_when_its_time_has_come(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    until = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    snoozed = case.decide("ACKNOWLEDGED", note="until the release", snoozed_until=until)
    assert datetime.fromisoformat(snoozed["snoozed_until"]) == datetime.fromisoformat(until)
    assert case.finding()["status"] == "ACKNOWLEDGED"
    deadline = time.monotonic() + PATIENCE_SECONDS  # the sweep comes every 5 seconds
    while case.finding()["status"] != "OPEN":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    finding = case.finding()
    assert (finding["occurrences"], finding["snoozed_until"], finding["note"]) == (2, None, None)
    assert steps(server, finding["id"])[0]["key_name"] is None


def test_a_snooze_ends_with_a_decision_and_with_the_cause(server: Server) -> None:
    case = Case(server)
    grant_id = case.add("delete_file")
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    case.decide("ACKNOWLEDGED", snoozed_until=later)
    assert case.decide("ACKNOWLEDGED")["snoozed_until"] is None
    case.decide("ACKNOWLEDGED", snoozed_until=later)
    case.remove(grant_id)
    assert (case.finding()["status"], case.finding()["snoozed_until"]) == ("RESOLVED", None)
