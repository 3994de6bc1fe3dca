"""Capabilities are listed, counted and exported by the server, and each number equals SQL over the same data."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from agentsentinel_core.agents import Capability
from agentsentinel_core.tools.classify import classify
from server import fleet
from server.support import Server, assert_refused, new_database, query, running

TOOLS_OF = {
    capability.value: [tool for kind in fleet.TOOLS for tool in kind if capability in classify(tool).capabilities]
    for capability in Capability
}
EXFILTRATION = [("internal-read", "external-write"), ("secrets", "external-write")]
INJECTION = [("web-read", "code-execution"), ("web-read", "external-write")]


@pytest.fixture(scope="module")
def crowd(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with 202 agents of 12 teams, of which one is removed and one holds no grant."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("capabilities")) as server:
        fleet.fill(server.dsn, agents=202, events=0)
        query(server.dsn, "UPDATE agents SET removed_at = now() WHERE name = 'fleet-0004'")
        query(server.dsn, "DELETE FROM tool_grants g USING agents a WHERE a.id = g.agent_id AND a.name = 'fleet-0008'")
        yield server


def holding(server: Server, *tools: list[str], team: str | None = None) -> int:
    """Count by SQL the agents that hold a tool of each of these lists."""
    sql = "SELECT count(*) AS agents FROM agents a WHERE removed_at IS NULL AND ($1::text IS NULL OR owner_team = $1)"
    for place in range(len(tools)):
        sql += f" AND EXISTS (SELECT FROM tool_grants WHERE agent_id = a.id AND tool_name = ANY(${place + 2}::text[]))"
    (row,) = query(server.dsn, sql, team, *tools)
    found: int = row["agents"]
    return found


def having(server: Server, pairs: list[tuple[str, str]], team: str | None = None) -> int:
    """Count by SQL the agents with one of these paths."""
    sql = "SELECT count(*) AS agents FROM agents a WHERE removed_at IS NULL AND ($1::text IS NULL OR owner_team = $1)"
    ends = [tools for entry, exit_ in pairs for tools in (TOOLS_OF[entry], TOOLS_OF[exit_])]
    one = "EXISTS (SELECT FROM tool_grants WHERE agent_id = a.id AND tool_name = ANY(${}::text[]))"
    ways = [f"{one.format(2 * place + 2)} AND {one.format(2 * place + 3)}" for place in range(len(pairs))]
    (row,) = query(server.dsn, f"{sql} AND ({' OR '.join(ways)})", team, *ends)
    found: int = row["agents"]
    return found


def summary(server: Server, **params: Any) -> dict[str, Any]:
    answer = server.api.get("capabilities/summary", params=params)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def listed(server: Server, **params: Any) -> list[dict[str, Any]]:
    answer = server.api.get("capabilities", params={"limit": 60, **params})
    agents: list[dict[str, Any]] = answer.json()["agents"]
    while "next" in answer.links:
        answer = server.request("GET", answer.links["next"]["url"], server.admin_key)
        agents += answer.json()["agents"]
    return agents


def test_each_number_of_the_summary_equals_sql(crowd: Server) -> None:
    told = summary(crowd)
    every = [tool for tools in TOOLS_OF.values() for tool in tools]
    assert told["agents"] == holding(crowd, every) > 0
    held = {name: number for name, tools in TOOLS_OF.items() if (number := holding(crowd, tools))}
    assert told["capabilities"] == held
    assert told["exfiltration"] == having(crowd, EXFILTRATION) > 0
    assert told["injection"] == having(crowd, INJECTION) > 0
    assert told["with_path"] == having(crowd, EXFILTRATION + INJECTION)
    assert [way["agents"] for way in told["ways"]] == [having(crowd, [pair]) for pair in EXFILTRATION + INJECTION]
    assert told["team_count"] == len(told["teams"]) == fleet.TEAMS
    for team in told["teams"]:
        name = team["owner_team"]
        assert team["agents"] == holding(crowd, every, team=name)
        assert team["exfiltration"] == having(crowd, EXFILTRATION, name)
        for capability, number in team["capabilities"].items():
            assert number == holding(crowd, TOOLS_OF[capability], team=name)


@pytest.mark.parametrize(
    "filters",
    [
        {"way": "paths"},
        {"way": "exfiltration", "owner_team": "team-04"},
        {"way": "injection"},
        {"q": "TEAM-03 web-read"},
        {"q": "fleet-0021"},
        {"owner_team": "none"},
    ],
)
def test_the_list_the_summary_and_the_file_agree_about_what_is_filtered(crowd: Server, filters: dict[str, str]) -> None:
    agents = listed(crowd, capable=True, **filters)
    assert len({agent["id"] for agent in agents}) == len(agents) == summary(crowd, **filters)["agents"]
    text = crowd.api.get("capabilities/export", params={"format": "csv", **filters}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == [agent["id"] for agent in agents]
    for row, agent in zip(rows, agents, strict=True):
        assert {name: row[name].split() for name in agent["capabilities"]} == agent["capabilities"]
    told = crowd.api.get("capabilities/export", params=filters).json()
    assert [{name: value for name, value in one.items() if name != "paths"} for one in told] == agents


def test_agents_that_hold_nothing_are_listed_unless_only_the_capable_are_asked_for(crowd: Server) -> None:
    assert [agent["capabilities"] for agent in listed(crowd, q="fleet-0008")] == [{}]
    assert listed(crowd, q="fleet-0008", capable=True) == []
    assert listed(crowd, q="fleet-0004") == []
    assert len(listed(crowd)) == 201


@pytest.mark.parametrize("params", [{"way": "x"}, {"agent_id": "x"}, {"q": "\0"}, {"cursor": "x"}, {"limit": 0}])
def test_what_is_no_filter_is_refused(crowd: Server, params: dict[str, Any]) -> None:
    assert_refused(crowd.api.get("capabilities", params=params), 422)


def test_a_corrected_class_counts_in_place_of_that_of_the_name(server: Server) -> None:
    agent_id = server.new_agent(owner_team="corrected")
    server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "get_customer"})
    grant = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "send_email"}).json()
    of_team = {"owner_team": "corrected"}
    assert summary(server, **of_team)["exfiltration"] == 1
    harmless = {"scope": "write", "is_dangerous": False, "capabilities": ["local-write"]}
    changed = server.api.patch(
        f"agents/{agent_id}/grants/{grant['id']}", json={"tool_class": harmless, "note": "writes to a folder"}
    )
    assert changed.status_code == 200, changed.text
    told = summary(server, **of_team)
    assert (told["agents"], told["exfiltration"]) == (1, 0)
    assert told["capabilities"] == {"internal-read": 1, "local-write": 1}
    (agent,) = server.api.get("capabilities", params=of_team).json()["agents"]
    assert agent["capabilities"] == {"internal-read": ["get_customer"], "local-write": ["send_email"]}
