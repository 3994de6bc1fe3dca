"""Tool grants: classified by their names, granted once, scored at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.support import Server, assert_refused


def grant(server: Server, agent_id: str, tool_name: str, **fields: Any) -> dict[str, Any]:
    answer = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool_name, **fields})
    assert answer.status_code in {200, 201}, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize(
    ("tool_name", "scope", "is_dangerous"),
    [
        ("crm_search", "read", False),
        ("read_database", "read", False),
        ("write_file", "write", False),
        ("send_email", "write", True),
        ("delete_file", "write", True),
        ("manage_iam_policy", "admin", False),
    ],
)
def test_a_grant_is_classified_by_the_name_of_its_tool(
    server: Server, tool_name: str, scope: str, is_dangerous: bool
) -> None:
    made = grant(server, server.new_agent(), tool_name)
    assert (made["scope"], made["is_dangerous"]) == (scope, is_dangerous)
    assert (made["call_count_7d"], made["last_called_at"]) == (0, None)
    assert made["reasons"]


def test_granting_a_tool_again_gives_back_the_same_grant(server: Server) -> None:
    agent_id = server.new_agent()
    path = f"agents/{agent_id}/grants"
    first = server.api.post(path, json={"tool_name": "delete_file", "rate_limit_per_hour": 5})
    again = server.api.post(path, json={"tool_name": "delete_file"})
    changed = server.api.post(path, json={"tool_name": "delete_file", "rate_limit_per_hour": 9})
    lifted = server.api.post(path, json={"tool_name": "delete_file", "rate_limit_per_hour": None})
    answers = [first, again, changed, lifted]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.json()["rate_limit_per_hour"] for answer in answers] == [5, 5, 9, None]
    assert len(server.api.get(f"agents/{agent_id}").json()["grants"]) == 1


DRAFTS = {"scope": "write", "is_dangerous": False, "capabilities": ["local-write"]}


def rules_of(server: Server, agent_id: str) -> set[str]:
    found = server.api.get(f"agents/{agent_id}/findings", params={"status": "OPEN"}).json()
    return {finding["rule_id"] for finding in found}


def test_a_wrong_class_is_corrected_kept_and_undone(server: Server) -> None:
    agent_id = server.new_agent(description="Drafts letters")
    for tool in ("read_database", "send_email"):
        grant(server, agent_id, tool, rate_limit_per_hour=9)
    made = grant(server, agent_id, "send_email")
    path = f"agents/{agent_id}/grants/{made['id']}"
    assert made["correction"] is None
    assert "EXFILTRATION_PATH" in rules_of(server, agent_id)
    before = server.api.get(f"agents/{agent_id}").json()

    effect = server.api.post(f"{path}/effect", json={"tool_class": DRAFTS}).json()
    assert "EXFILTRATION_PATH" in effect["resolves"]
    assert effect["opens"] == []
    assert server.api.get(f"agents/{agent_id}").json()["trust_score"] == before["trust_score"]
    note = "It only drafts"
    corrected = server.api.patch(path, json={"tool_class": DRAFTS, "note": note}).json()
    assert {member: corrected[member] for member in DRAFTS} == DRAFTS
    assert (corrected["correction"]["reason"], corrected["rate_limit_per_hour"]) == (note, 9)
    assert corrected["correction"]["by"] == "bootstrap-admin"
    after = server.api.get(f"agents/{agent_id}").json()
    assert after["trust_score"] == effect["trust_score"]
    assert round(after["trust_score"] - before["trust_score"], 2) == effect["gain"] > 0
    assert "EXFILTRATION_PATH" not in rules_of(server, agent_id)
    (mapped,) = [one for one in server.api.get("capabilities").json()["agents"] if one["id"] == agent_id]
    assert mapped["capabilities"]["local-write"] == ["send_email"]

    # What is observed and listed later knows the name only.
    server.report(agent_id, "send_email")
    listed = grant(server, agent_id, "send_email", origin="listed", server_name="mail", rate_limit_per_hour=3)
    assert listed["correction"] == corrected["correction"]
    assert "EXFILTRATION_PATH" not in rules_of(server, agent_id)
    assert server.api.delete(f"agents/{agent_id}/grants/{listed['id']}").status_code == 204
    kept = grant(server, agent_id, "send_email", scope="admin", is_dangerous=True)
    assert (kept["correction"], kept["scope"]) == (corrected["correction"], "write")

    undone = server.api.patch(path, json={"tool_class": None, "note": "It sends after all"}).json()
    assert (undone["correction"], undone["is_dangerous"]) == (None, True)
    assert "EXFILTRATION_PATH" in rules_of(server, agent_id)
    entries = server.api.get("audit", params={"subject_id": agent_id}).json()
    said = [entry["detail"] for entry in entries if entry["detail"].startswith("tool send_email: ")]
    assert said[0].endswith("is_corrected: true -> false: It sends after all")
    assert "is_dangerous: true -> false" in said[1]
    assert said[1].endswith(note)


def test_a_correction_without_a_reason_is_refused(server: Server) -> None:
    agent_id = server.new_agent()
    path = f"agents/{agent_id}/grants/{grant(server, agent_id, 'send_email')['id']}"
    assert_refused(server.api.patch(path, json={"tool_class": DRAFTS}), 422)
    other = server.new_agent()
    wrong = path.replace(agent_id, other)
    assert_refused(server.api.patch(wrong, json={"tool_class": DRAFTS, "note": "n"}), 404)
    assert_refused(server.api.post(f"{wrong}/effect", json={"tool_class": DRAFTS}), 404)


def test_a_tool_granted_by_eight_at_once_is_granted_once(server: Server) -> None:
    agent_id = server.new_agent()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: grant(server, agent_id, "delete_file"), range(8)))
    assert len({one["id"] for one in made}) == 1
    assert [finding["rule_id"] for finding in server.api.get(f"agents/{agent_id}/findings").json()].count(
        "MISSING_RATE_LIMIT"
    ) == 1


def test_a_rate_limit_ends_the_finding_that_asks_for_it(server: Server) -> None:
    agent_id = server.new_agent(description="Deletes old files")
    made = grant(server, agent_id, "delete_file")
    path = f"agents/{agent_id}/grants/{made['id']}"
    assert server.api.get(f"agents/{agent_id}/score").json()["posture_score"] == 95
    assert server.api.patch(path, json={"rate_limit_per_hour": 100_000}).json()["rate_limit_per_hour"] == 100_000
    assert server.api.get(f"agents/{agent_id}").json()["posture_score"] == 100
    assert server.api.patch(path, json={"rate_limit_per_hour": None}).json()["rate_limit_per_hour"] is None
    assert server.api.get(f"agents/{agent_id}").json()["posture_score"] == 95
    assert server.api.delete(path).status_code == 204
    assert server.api.get(f"agents/{agent_id}").json()["posture_score"] == 100


def test_calls_are_counted_in_the_grant_even_those_from_before_it(server: Server) -> None:
    agent_id = server.new_agent()
    last = [server.report(agent_id, "crm_search") for _ in range(3)][-1]
    server.report(agent_id, "another_tool")
    server.wait_for_score(agent_id, events=4)
    grant(server, agent_id, "crm_search")
    [shown] = server.api.get(f"agents/{agent_id}").json()["grants"]
    assert (shown["call_count_7d"], shown["last_called_at"]) == (3, last["timestamp"])
