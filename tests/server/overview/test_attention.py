"""What needs attention is counted once, by the server, over all agents; each agent says whether it is among them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.support import Server, insert_findings, new_database, query, running


@pytest.fixture
def crowd(postgres_dsn: str, tmp_path: Path) -> Iterator[Server]:
    """Run a server with 600 agents, 202 of which have an open CRITICAL finding; all are on WATCH and never seen."""
    with running(new_database(postgres_dsn), tmp_path) as server:
        insert_findings(server.dsn)
        yield server


def attention(server: Server) -> dict[str, Any]:
    answer = server.api.get("attention")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_open_critical_finding_needs_attention_whatever_the_score(crowd: Server) -> None:
    found = attention(crowd)
    assert (found["agents"], found["needs_attention"], found["with_critical_finding"]) == (600, 202, 202)
    listed = crowd.api.get("overview").json()
    assert sum(agent["needs_attention"] for agent in listed) == 202
    assert {agent["needs_attention"] for agent in listed if agent["critical_findings"]} == {True}


def test_a_low_score_needs_attention_once_the_agent_has_learned_and_is_monitored(crowd: Server) -> None:
    chosen = "WHERE name IN ('crowd-0601', 'crowd-0591', 'crowd-0592', 'crowd-0593')"
    query(crowd.dsn, f"UPDATE agents SET status = 'ALERT', trust_score = 50, rescore_at = NULL {chosen}")
    query(crowd.dsn, "UPDATE agents SET is_discovered = true WHERE name = 'crowd-0591'")
    query(crowd.dsn, "UPDATE agents SET channels = 1 WHERE name = 'crowd-0592'")
    found = attention(crowd)
    assert found["needs_attention"] == 203, "crowd-0593; the others are unmonitored and learning"
    assert found["states"] == {"unmonitored": 1, "never_seen": 598, "learning": 1, "active": 0, "silent": 0}
    listed = {agent["name"]: agent for agent in crowd.api.get("overview").json()}
    assert (listed["crowd-0592"]["monitoring"], listed["crowd-0592"]["missing_sessions"]) == ("learning", 20)
    picked = [listed[f"crowd-059{n}"] for n in (1, 2, 3)]
    assert [agent["needs_attention"] for agent in picked] == [False, False, True]
    alone = [crowd.api.get(f"agents/{agent['id']}").json() for agent in picked]
    assert [agent["needs_attention"] for agent in alone] == [False, False, True]


def test_a_silent_agent_needs_attention_as_it_did_while_it_reported(crowd: Server) -> None:
    states = {"crowd-0591": 0, "crowd-0592": 20}
    for name, missing in states.items():
        query(
            crowd.dsn,
            "UPDATE agents SET status = 'ALERT', trust_score = 50, rescore_at = NULL, channels = 1,"
            " silent_since = now(), missing_sessions = $2 WHERE name = $1",
            name,
            missing,
        )
    found = attention(crowd)
    assert (found["needs_attention"], found["states"]["silent"]) == (203, 2), "what was not learned says little"
    silent = crowd.api.get("agents", params={"monitoring": "silent"}).json()
    assert {agent["name"] for agent in silent} == set(states)


def test_an_agent_that_was_removed_is_counted_nowhere_while_it_is_being_erased(crowd: Server) -> None:
    query(crowd.dsn, "UPDATE agents SET removed_at = now() + interval '1 day' WHERE name = 'crowd-0001'")
    severity = "SELECT severity FROM findings f JOIN agents a ON a.id = f.agent_id WHERE a.name = 'crowd-0001'"
    critical = sum(row["severity"] == "CRITICAL" for row in query(crowd.dsn, severity))
    found = attention(crowd)
    assert (found["agents"], found["needs_attention"]) == (599, 202 - critical)
    assert sum(found["states"].values()) == 599
