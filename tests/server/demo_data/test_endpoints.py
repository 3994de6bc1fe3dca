"""Loading the demo agent: there once, with something on every page, and gone when deleted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from agentsentinel.demo_data.story import chapters_until
from server.demo_data.support import delete_demo
from server.support import Server, query


@pytest.fixture(autouse=True)
def no_demo(server: Server) -> Iterator[None]:
    """Other tests of the same server may have loaded it."""
    delete_demo(server)
    yield
    delete_demo(server)


def test_the_demo_agent_is_scored_and_has_something_on_every_page(server: Server, demo: dict[str, Any]) -> None:
    place = f"agents/{demo['id']}"
    agent = server.api.get(place).json()
    assert agent["trust_score"] is not None
    assert agent["status"] in {"CRITICAL", "ALERT"}
    assert {"CRITICAL", "HIGH"} <= {finding["severity"] for finding in agent["findings"]}
    assert server.api.get(f"{place}/baselines").json()
    sessions = server.api.get(f"{place}/sessions").json()
    assert len(sessions) == 29
    assert sessions[0]["max_anomaly_score"] == 0.9
    events = server.api.get("events", params={"agent_id": demo["id"], "limit": 200}).json()
    assert {reason["detector"] for event in events for reason in event["reasons"]} >= {"FIRST_CALL", "CALL_BURST"}


def test_pressing_it_again_or_at_once_makes_no_second_one(server: Server) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.api.post("demo"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    (agent_id,) = {answer.json()["id"] for answer in answers}
    told = sum(len(chapter.calls) for chapter in chapters_until(datetime.now(UTC)))
    stored = query(server.dsn, "SELECT count(*) AS events FROM agent_events WHERE agent_id = $1", agent_id)
    assert stored == [{"events": told}]


def test_deleting_the_agent_leaves_nothing_of_it_and_lets_it_be_loaded_anew(
    server: Server, demo: dict[str, Any]
) -> None:
    assert server.api.delete(f"agents/{demo['id']}").status_code == 204
    server.wait_until_erased(demo["id"])
    assert query(server.dsn, "SELECT 1 FROM agent_events WHERE agent_id = $1", demo["id"]) == []
    again = server.api.post("demo")
    assert again.status_code == 201
    assert again.json()["id"] != demo["id"]
