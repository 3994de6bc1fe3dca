"""A call of a tool that was not granted: a finding within a second, as long as something says what the agent may do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.support import Server, event

RULE = "UNGRANTED_TOOL_CALL"


def grant(server: Server, agent_id: str, tool: str, **fields: Any) -> None:
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool, **fields}).raise_for_status()


def report(server: Server, agent_id: str, *tools: str, **fields: Any) -> None:
    """Report a call of each tool."""
    events = [event(agent_id, tool, **fields) for tool in tools]
    results = server.api.post("events/batch", json={"events": events}).json()["results"]
    assert {result["status"] for result in results} == {201}


def finding(server: Server, agent_id: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = server.api.get(f"agents/{agent_id}/findings").json()
    return next((one for one in found if one["rule_id"] == RULE), None)


@pytest.mark.parametrize("origin", ["declared", "listed"])
def test_a_call_beyond_the_grants_is_a_finding_until_the_tool_is_granted(server: Server, origin: str) -> None:
    agent_id = server.new_agent()
    grant(server, agent_id, "find_file", origin=origin)
    report(server, agent_id, "find_file", "wipe_disk", "send_email")
    agent = server.wait_for_score(agent_id, 3)
    assert RULE not in {rule["rule_id"] for rule in agent["not_evaluated"]}
    found = finding(server, agent_id)
    assert found is not None
    assert (found["status"], found["severity"]) == ("OPEN", "HIGH")
    assert found["evidence"] == ["tool:send_email", "tool:wipe_disk"]
    grant(server, agent_id, "wipe_disk")
    grant(server, agent_id, "send_email")
    report(server, agent_id, "find_file")
    server.wait_for_score(agent_id, 4)
    resolved = finding(server, agent_id)
    assert resolved is None or resolved["status"] == "RESOLVED"


def test_an_agent_without_a_grant_that_says_what_it_may_do_is_not_evaluated(server: Server) -> None:
    agent_id = server.new_agent()
    grant(server, agent_id, "find_file", origin="observed")
    report(server, agent_id, "find_file", "wipe_disk")
    agent = server.wait_for_score(agent_id, 2)
    assert RULE in {rule["rule_id"] for rule in agent["not_evaluated"]}
    assert finding(server, agent_id) is None


def test_a_tool_that_was_only_observed_is_not_granted(server: Server) -> None:
    agent_id = server.new_agent()
    grant(server, agent_id, "find_file")
    grant(server, agent_id, "wipe_disk", origin="observed")
    report(server, agent_id, "find_file", "wipe_disk")
    server.wait_for_score(agent_id, 2)
    found = finding(server, agent_id)
    assert found is not None
    assert found["evidence"] == ["tool:wipe_disk"]


def test_a_call_of_more_than_a_week_ago_is_none(server: Server) -> None:
    agent_id = server.new_agent()
    grant(server, agent_id, "find_file")
    report(server, agent_id, "wipe_disk", timestamp=(datetime.now(UTC) - timedelta(days=8)).isoformat())
    report(server, agent_id, "find_file")
    server.wait_for_score(agent_id, 2)
    assert finding(server, agent_id) is None
