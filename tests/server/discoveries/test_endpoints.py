"""What was found on a host is in the inventory, unmonitored until it reports."""

from typing import Any

import pytest

from agentsentinel.discoveries.schemas import MOST_AGENTS
from server.discoveries.support import WORKER, agent, host, register
from server.support import Server


def test_a_found_agent_is_unmonitored_without_a_score_and_says_where_it_was_found(server: Server) -> None:
    name = host()
    (result,) = register(server, name, WORKER)
    assert (result["place"], result["is_new"]) == ("/srv/worker.py", True)
    found = agent(server, result["agent_id"])
    assert (found["name"], found["monitoring"], found["trust_score"]) == (f"worker@{name}", "unmonitored", None)
    assert [(grant["tool_name"], grant["origin"]) for grant in found["grants"]] == [
        ("read_database", "listed"),
        ("send_email", "listed"),
    ]
    discovery = found["discovery"]
    assert (discovery["host"], discovery["place"], discovery["source"]) == (name, "/srv/worker.py", "process")
    assert (discovery["risk"], discovery["reason"]) == ("CRITICAL", WORKER["reason"])
    assert discovery["first_seen_at"] == discovery["last_seen_at"]


def test_twice_is_once_and_updates_what_is_known(server: Server) -> None:
    name = host()
    (first,) = register(server, name, WORKER)
    again = {**WORKER, "name": "other", "risk": "LOW", "tools": ["read_database", "write_file"]}
    (second,) = register(server, name, again)
    assert second == {**first, "is_new": False}
    found = agent(server, first["agent_id"])
    assert found["name"] == f"worker@{name}"
    assert found["discovery"]["risk"] == "LOW"
    assert found["discovery"]["last_seen_at"] > found["discovery"]["first_seen_at"]
    assert {grant["tool_name"] for grant in found["grants"]} == {"read_database", "send_email", "write_file"}


def test_its_first_event_makes_it_monitored(server: Server) -> None:
    (result,) = register(server, host(), WORKER)
    server.report(result["agent_id"], "read_database")
    server.wait_for_score(result["agent_id"], events=1)
    found = agent(server, result["agent_id"])
    assert found["monitoring"] == "learning"
    assert found["discovery"] is not None
    listed = server.api.get("agents", params={"name": found["name"]}).json()
    assert [each["monitoring"] for each in listed] == ["learning"]


def test_a_registered_agent_is_never_seen_until_it_reports(server: Server) -> None:
    found = agent(server, server.new_agent())
    assert (found["monitoring"], found["discovery"]) == ("never_seen", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": ""},
        {"place": "x" * 501},
        {"name": None},
        {"source": "rumour"},
        {"risk": "high"},
        {"tools": [""]},
        {"tools": ["a"] * 501},
        {"reason": "x" * 1001},
    ],
)
def test_what_is_not_a_discovery_is_refused_whole(server: Server, wrong: dict[str, Any]) -> None:
    name = host()
    answer = server.api.post("discoveries", json={"host": name, "agents": [WORKER, {**WORKER, **wrong}]})
    assert answer.status_code == 422
    assert server.api.get("agents", params={"name": f"worker@{name}"}).json() == []


def test_a_report_has_at_most_so_many_agents(server: Server) -> None:
    small = {"place": "a", "name": "a", "source": "file", "risk": "LOW"}
    agents = [{**small, "place": str(number)} for number in range(MOST_AGENTS + 1)]
    assert server.api.post("discoveries", json={"host": host(), "agents": agents}).status_code == 422
    assert len(register(server, host(), *agents[:MOST_AGENTS])) == MOST_AGENTS
