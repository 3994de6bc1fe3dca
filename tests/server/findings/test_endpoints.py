"""Findings as they are listed, filtered, searched and decided on."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import RULES
from server.findings.support import Case
from server.support import Server, assert_refused, insert_findings, new_database, running


def test_findings_are_filtered_and_paged(server: Server) -> None:
    case = Case(server)
    case.add("read_database")
    case.add("send_email")
    case.decide("ACKNOWLEDGED")

    def listed(**filters: Any) -> list[str]:
        answer = server.api.get(f"agents/{case.agent_id}/findings", params=dict(filters))
        return [finding["rule_id"] for finding in answer.json()]

    assert set(listed()) >= {"EXFILTRATION_PATH", "MISSING_RATE_LIMIT"}
    assert listed(severity="CRITICAL") == ["EXFILTRATION_PATH"]
    assert listed(status="ACKNOWLEDGED") == ["MISSING_RATE_LIMIT"]
    assert listed(status="RESOLVED") == []
    assert listed(limit=1) + listed(limit=500, offset=1) == listed()


def test_a_finding_that_is_not_there_is_not_found(server: Server) -> None:
    assert_refused(server.api.patch(f"findings/{uuid4()}", json={"status": "OPEN"}), 404)


def test_a_snooze_that_makes_no_sense_is_refused(server: Server) -> None:
    case = Case(server)
    case.add("delete_file")
    path = f"findings/{case.finding()['id']}"
    past, later = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
    for body in (
        {"status": "ACKNOWLEDGED", "snoozed_until": past},
        {"status": "RESOLVED", "snoozed_until": later},
        {"status": "ACKNOWLEDGED", "snoozed_until": "2100-01-01T00:00:00"},
    ):
        assert_refused(server.api.patch(path, json=body), 422)
    assert case.finding()["status"] == "OPEN"


def test_all_findings_are_listed_in_pages_that_do_not_move(server: Server) -> None:
    team = f"team-{uuid4().hex[:8]}"
    made = []
    for number in range(5):
        agent_id = server.new_agent(name=f"many-{number}", owner_team=team, description="Deletes old files")
        server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "delete_file"})
        made.append(agent_id)
    filters: dict[str, str | int] = {
        "owner_team": team,
        "rule_id": "MISSING_RATE_LIMIT",
        "status": "OPEN",
        "severity": "LOW",
        "limit": 2,
    }
    pages = []
    answer = server.api.get("findings", params=filters)
    pages.append(answer.json())
    newcomer = server.new_agent(owner_team=team, description="Deletes old files")
    server.api.post(f"agents/{newcomer}/grants", json={"tool_name": "delete_file"})
    while "next" in answer.links:
        answer = server.request("GET", answer.links["next"]["url"], server.admin_key)
        pages.append(answer.json())
    listed = [finding for page in pages for finding in page]
    assert [finding["agent_id"] for finding in listed] == list(reversed(made))
    assert {(finding["owner_team"], finding["rule_id"]) for finding in listed} == {(team, "MISSING_RATE_LIMIT")}
    assert [finding["agent_name"] for finding in listed] == [f"many-{number}" for number in reversed(range(5))]


def test_the_rules_in_force_are_told_with_why_and_what_to_do(server: Server) -> None:
    told = {rule["id"]: rule for rule in server.api.get("rules").json()}
    assert list(told) == [rule.id for rule in RULES]
    for rule in RULES:
        assert told[rule.id]["remediation"] == rule.remediation
        assert told[rule.id]["points"] == rule.points


# --- lists that end, and counts that do not


@pytest.fixture(scope="module")
def crowd(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 600 findings, the 202 oldest of them open and critical."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("crowd")) as process:
        insert_findings(process.dsn)
        yield process


def walk(server: Server, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    answer = server.api.get(path, params=query)
    items: list[dict[str, Any]] = answer.json()
    while "next" in answer.links:
        answer = server.request("GET", answer.links["next"]["url"], server.admin_key)
        items += answer.json()
    return items


@pytest.mark.parametrize("order", ["newest", "worst"])
def test_all_pages_together_hold_each_finding_once_in_order(crowd: Server, order: str) -> None:
    listed = walk(crowd, "findings", order=order, limit=70)
    assert len({finding["id"] for finding in listed}) == len(listed) == 600
    ranks = [list(Severity).index(Severity(finding["severity"])) for finding in listed]
    made = [finding["created_at"] for finding in listed]
    places = list(zip(ranks, made, strict=True)) if order == "worst" else [(0, one) for one in made]
    assert places == sorted(places, key=lambda place: (place[0], -datetime.fromisoformat(place[1]).timestamp()))


def test_the_summary_counts_every_finding_whatever_is_listed(crowd: Server) -> None:
    told = crowd.api.get("findings/summary", params={"status": "OPEN", "severity": "CRITICAL", "limit": 1}).json()
    assert (told["findings"], told["agents"], told["group_count"]) == (202, 202, 1)
    assert told["groups"] == [
        {
            "key": "EXFILTRATION_PATH",
            "title": "Internal data can leave through this agent",
            "severity": "CRITICAL",
            "findings": 202,
            "agents": 202,
        }
    ]


@pytest.mark.parametrize("group_by", ["rule", "severity", "owner", "agent"])
def test_groups_agree_with_the_list_and_each_key_filters_its_own(crowd: Server, group_by: str) -> None:
    parameter = {"rule": "rule_id", "severity": "severity", "owner": "owner_team", "agent": "agent_id"}[group_by]
    told = crowd.api.get("findings/summary", params={"group_by": group_by, "limit": 500}).json()
    listed = walk(crowd, "findings", limit=500)
    expected = Counter(finding[parameter] for finding in listed)
    counted = {group["key"]: group["findings"] for group in told["groups"]}
    assert counted.items() <= expected.items()
    assert len(counted) == min(500, len(expected))
    assert told["group_count"] == len(expected)
    assert (told["findings"], told["agents"]) == (600, len({finding["agent_id"] for finding in listed}))
    worst, largest = told["groups"][0], told["groups"][-1]
    for group in (worst, largest):
        own = walk(crowd, "findings", **{parameter: group["key"]}, limit=100)
        assert len(own) == group["findings"]
        assert len({finding["agent_id"] for finding in own}) == group["agents"]
        assert min((Severity(finding["severity"]) for finding in own), key=list(Severity).index) == group["severity"]
    assert worst["severity"] == "CRITICAL"


def test_the_search_finds_the_oldest_by_any_of_its_words(crowd: Server) -> None:
    oldest = walk(crowd, "findings", limit=500)[-1]
    for words in (oldest["agent_name"], f"LEAVE {oldest['agent_name'].upper()}", f"tool:oldest {oldest['owner_team']}"):
        found = crowd.api.get("findings", params={"q": words}).json()
        assert [finding["id"] for finding in found] == [oldest["id"]], words
        assert crowd.api.get("findings/summary", params={"q": words}).json()["findings"] == 1
    assert crowd.api.get("findings", params={"q": "%"}).json() == []
    assert crowd.api.get("findings", params={"q": "_"}).json() != []
    assert crowd.api.get("findings", params={"q": "leave nowhere"}).json() == []


def test_one_finding_is_found_by_its_id_with_its_agent(crowd: Server) -> None:
    (finding,) = crowd.api.get("findings", params={"limit": 1}).json()
    assert crowd.api.get(f"findings/{finding['id']}").json() == finding
    assert_refused(crowd.api.get(f"findings/{uuid4()}"), 404)


def test_a_cursor_of_another_list_is_refused(crowd: Server) -> None:
    by_time = crowd.api.get("findings", params={"limit": 1}).links["next"]["url"]
    by_rank = crowd.api.get("findings", params={"limit": 1, "order": "worst"}).links["next"]["url"]
    for address in (f"{by_time}&order=worst", by_rank.replace("order=worst", "order=newest")):
        assert_refused(crowd.request("GET", address, crowd.admin_key), 422)
    for rank in ("4.0", "-1.0", "nan", "1e308"):
        cursor = b64encode(f"{rank}/{uuid4()}".encode()).decode()
        assert_refused(crowd.api.get("findings", params={"order": "worst", "cursor": cursor}), 422)
