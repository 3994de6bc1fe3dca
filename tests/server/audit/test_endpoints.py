"""Pages of the audit log: each entry once, by subject, and only for queries that make sense."""

from typing import Any

import pytest

from agentsentinel.audit.actions import Action
from server.audit.support import entries
from server.support import Server, assert_refused


def test_a_page_of_one_subject_leads_to_more_of_it(audited: Server) -> None:
    agent_id = audited.new_agent(name="busy")
    for number in range(3):
        audited.api.post(f"agents/{agent_id}/grants", json={"tool_name": f"tool_{number}"})
    first = audited.api.get("audit", params={"subject_id": agent_id, "limit": 2})
    rest = audited.request("GET", first.links["next"]["url"], audited.admin_key).json()
    assert {one["subject_id"] for one in first.json() + rest} == {agent_id}
    assert len(first.json() + rest) == 4


def test_a_page_leads_to_the_next_and_nothing_is_told_twice(audited: Server) -> None:
    for number in range(5):
        audited.api.post("keys", json={"name": f"key {number}", "scope": "readonly"})
    path, seen = "/api/v1/audit?limit=2&action=key_created", []
    for _ in range(3):
        answer = audited.request("GET", path, audited.admin_key)
        seen += answer.json()
        path = answer.links["next"]["url"]
    assert [one["subject_name"] for one in seen[:5]] == [f"key {number}" for number in range(4, -1, -1)]
    assert len({one["id"] for one in seen}) == 6
    assert seen == entries(audited, Action.KEY_CREATED)[:6]


@pytest.mark.parametrize(
    "params", [{"action": "nothing"}, {"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"cursor": "\0"}], ids=str
)
def test_what_makes_no_sense_is_refused(audited: Server, params: dict[str, Any]) -> None:
    assert_refused(audited.api.get("audit", params=params), 422)
