"""Tool grants: classified by their names, granted once, scored at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.support import Server


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
