"""What a reporter beside an agent has seen becomes a finding, however often it is reported, and for a week."""

from typing import Any

import pytest

from agentsentinel.observations.repository import MOST, OTHER
from server.support import Server, assert_refused, query

SEEN = {"kind": "message_smuggling", "detail": "doubled-member: name", "server_name": "files"}


def observe(server: Server, agent_id: str, **members: Any) -> None:
    answer = server.api.post(f"agents/{agent_id}/observations", json={**SEEN, **members})
    assert answer.status_code == 204, answer.text


def smuggling(server: Server, agent_id: str) -> list[dict[str, Any]]:
    findings = server.api.get(f"agents/{agent_id}/findings").json()
    return [finding for finding in findings if finding["rule_id"] == "MESSAGE_SMUGGLING"]


def stored(server: Server, agent_id: str) -> list[dict[str, Any]]:
    return query(server.dsn, "SELECT detail, reports FROM observations WHERE agent_id = $1 ORDER BY detail", agent_id)


def test_an_observation_is_a_finding_at_once_and_one_row_however_often_it_is_made(server: Server) -> None:
    agent_id = server.new_agent(description="Searches")
    assert smuggling(server, agent_id) == []
    for _ in range(3):
        observe(server, agent_id)
    observe(server, agent_id, detail="other-header: mcp-name")
    [finding] = smuggling(server, agent_id)
    assert (finding["severity"], finding["status"]) == ("HIGH", "OPEN")
    assert finding["evidence"] == ["message:doubled-member: name", "message:other-header: mcp-name"]
    assert [row["reports"] for row in stored(server, agent_id)] == [3, 1]


def test_a_week_after_the_last_one_the_finding_is_resolved(server: Server) -> None:
    agent_id = server.new_agent(description="Searches")
    observe(server, agent_id)
    query(server.dsn, "UPDATE observations SET last_at = last_at - interval '8 days' WHERE agent_id = $1", agent_id)
    assert server.api.get(f"agents/{agent_id}/score").json()["posture_score"] == 100
    assert [finding["status"] for finding in smuggling(server, agent_id)] == ["RESOLVED"]


def test_no_agent_fills_the_table(server: Server) -> None:
    agent_id = server.new_agent()
    for number in range(MOST + 5):
        observe(server, agent_id, detail=f"doubled-member: {number:03}")
    rows = stored(server, agent_id)
    assert len(rows) == MOST + 1
    assert {row["detail"]: row["reports"] for row in rows}[OTHER] == 5


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "rumour"}, {"detail": ""}, {"detail": "x" * 256}, {"detail": None}, {"server_name": ""}],
)
def test_what_is_not_an_observation_is_refused(server: Server, wrong: dict[str, Any]) -> None:
    agent_id = server.new_agent()
    assert_refused(server.api.post(f"agents/{agent_id}/observations", json={**SEEN, **wrong}), 422)


def test_an_agent_key_observes_its_own_agent_and_no_other(server: Server) -> None:
    own, other = server.new_agent(), server.new_agent()
    key = {"X-API-Key": server.new_key("agent", own)}
    assert server.api.post(f"agents/{own}/observations", json=SEEN, headers=key).status_code == 204
    assert_refused(server.api.post(f"agents/{other}/observations", json=SEEN, headers=key), 403)
    assert stored(server, other) == []
