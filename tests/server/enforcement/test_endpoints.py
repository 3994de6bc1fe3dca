"""The enforcement snapshot: what it holds, when its version changes, and how a change reaches a client that waits."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentsentinel.enforcement.watch import RETRY_SECONDS, WAITERS_OF_KEY
from agentsentinel_core.manifest.changes import digest_of
from patience import PATIENCE_SECONDS
from server.manifests.support import ALICE, DELETE, REWORDED, SEARCH, SEND, TEXT, decide, report
from server.support import Server, assert_refused, new_database, query, start_server

WAIT_SECONDS = 25
SETTLE_SECONDS = 1.0
"""Time in which requests reach the server and wait there. Answers are the same when it is too short."""
Answer = Future[httpx2.Response]


def enforcement(server: Server, agent_id: str, key: str | None = None, **params: Any) -> httpx2.Response:
    path = f"/api/v1/agents/{agent_id}/enforcement"
    headers = {"X-API-Key": key or server.admin_key}
    return httpx2.get(server.url + path, params=params, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)


def wait_for_change(server: Server, agent_id: str, version: str) -> httpx2.Response:
    """Ask until the answer has another version or is 429, as a client does: a busy machine takes its time."""
    while True:
        answer = enforcement(server, agent_id, version=version, wait=WAIT_SECONDS)
        if answer.status_code == 429 or (answer.status_code == 200 and answer.json()["version"] != version):
            return answer


def current(server: Server, agent_id: str) -> dict[str, Any]:
    answer = enforcement(server, agent_id)
    assert answer.status_code == 200, answer.text
    snapshot: dict[str, Any] = answer.json()
    return snapshot


def suspend(server: Server, agent_id: str, **body: Any) -> None:
    assert server.api.post(f"agents/{agent_id}/suspend", json=body).status_code == 200


def open_transactions(server: Server) -> set[tuple[int, str]]:
    """Return the process and the start of each transaction that is open in the server's database now.

    Chores and streams of the server open one for a moment now and then, so only one that is open in two looks is held.
    """
    rows = query(
        server.dsn,
        "SELECT pid, xact_start FROM pg_stat_activity"
        " WHERE xact_start IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()",
    )
    return {(row["pid"], str(row["xact_start"])) for row in rows}


@contextmanager
def waiting(server: Server, agent_id: str, clients: int = 1, key: str | None = None) -> Iterator[list[Answer]]:
    """Yield the answers that clients wait for; none of them has come yet."""
    version = current(server, agent_id)["version"]
    with ThreadPoolExecutor(clients) as pool:
        answers = [
            pool.submit(enforcement, server, agent_id, key, version=version, wait=WAIT_SECONDS) for _ in range(clients)
        ]
        time.sleep(SETTLE_SECONDS)
        assert not any(answer.done() for answer in answers[:WAITERS_OF_KEY])
        yield answers


def test_the_snapshot_holds_what_steers_the_agent(server: Server) -> None:
    agent_id = server.new_agent(name="crm-bot")
    new = current(server, agent_id)
    assert new.pop("version")
    assert new == {
        "agent_id": agent_id,
        "agent_name": "crm-bot",
        "suspended": False,
        "suspended_reason": None,
        "status": None,
        "grants": [],
        "session_risk": None,
        "manifests": [],
    }


def test_grants_come_with_server_origin_and_limit(server: Server) -> None:
    agent_id = server.new_agent()
    grants = [
        {"server_name": None, "tool_name": "search", "origin": "observed", "rate_limit_per_hour": None},
        {"server_name": "files", "tool_name": "delete", "origin": "declared", "rate_limit_per_hour": 5},
        {"server_name": "files", "tool_name": "read", "origin": "listed", "rate_limit_per_hour": None},
    ]
    for grant in reversed(grants):
        assert server.api.post(f"agents/{agent_id}/grants", json=grant).status_code == 201
    snapshot = current(server, agent_id)
    assert snapshot["grants"] == grants
    assert snapshot["status"] == server.api.get(f"agents/{agent_id}").json()["status"]


def test_pinned_manifests_come_as_digests_by_kind_and_name(server: Server) -> None:
    agent_id = server.new_agent()
    report(server, agent_id, principal=ALICE, tool=[SEND, SEARCH], skill=[])
    report(server, agent_id, tool=[SEND], instructions=[TEXT])
    pinned = {"send_email": [digest_of(SEND)]}
    assert current(server, agent_id)["manifests"] == [
        {"server_name": "mail", "principal": "", "pinned": {"tool": pinned, "instructions": {"": [digest_of(TEXT)]}}},
        {
            "server_name": "mail",
            "principal": ALICE,
            "pinned": {"tool": {**pinned, "search": [digest_of(SEARCH)]}, "skill": {}},
        },
    ]


def test_a_change_of_a_server_does_not_change_the_pin_and_its_approval_does(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND])
    pinned = current(server, agent_id)
    changed = report(server, agent_id, tool=[REWORDED])
    assert current(server, agent_id)["manifests"] == pinned["manifests"]
    decide(server, changed, "approve")
    approved = current(server, agent_id)
    assert approved["manifests"][0]["pinned"] == {"tool": {"send_email": [digest_of(REWORDED)]}}
    assert approved["version"] != pinned["version"]


def test_the_version_changes_with_what_steers_and_with_nothing_else(server: Server) -> None:
    agent_id = server.new_agent(description="Searches")
    grant = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "crm_search"}).json()["id"]
    server.report(agent_id)
    server.wait_for_score(agent_id, 1)
    versions = [current(server, agent_id)["version"]]
    server.report(agent_id)
    server.wait_for_score(agent_id, 2)
    server.api.patch(f"agents/{agent_id}", json={"owner_team": "other"})
    assert current(server, agent_id)["version"] == versions[0]
    server.api.patch(f"agents/{agent_id}/grants/{grant}", json={"rate_limit_per_hour": 9})
    versions.append(current(server, agent_id)["version"])
    suspend(server, agent_id)
    versions.append(current(server, agent_id)["version"])
    server.api.delete(f"agents/{agent_id}/grants/{grant}")
    versions.append(current(server, agent_id)["version"])
    assert len(set(versions)) == 4


def test_an_answer_with_another_version_does_not_wait(server: Server) -> None:
    agent_id = server.new_agent()
    for version in ("", "old"):
        answer = enforcement(server, agent_id, version=version, wait=WAIT_SECONDS)
        assert answer.json() == current(server, agent_id)


def test_a_wait_that_passes_without_a_change_answers_the_same(server: Server) -> None:
    agent_id = server.new_agent()
    before = current(server, agent_id)
    assert enforcement(server, agent_id, version=before["version"], wait=1).json() == before


def test_a_suspension_reaches_every_client_that_waits(server: Server) -> None:
    agent_id = server.new_agent()
    with waiting(server, agent_id, clients=3, key=server.new_key("agent", agent_id)) as answers:
        suspend(server, agent_id, reason="hijacked")
        found = [answer.result(PATIENCE_SECONDS).json() for answer in answers]
    assert [(one["suspended"], one["suspended_reason"]) for one in found] == [(True, "hijacked")] * 3
    assert found[0] == current(server, agent_id)


def test_an_approval_reaches_a_client_that_waits(server: Server) -> None:
    agent_id = server.new_agent()
    report(server, agent_id, tool=[SEND])
    changed = report(server, agent_id, tool=[DELETE])
    with waiting(server, agent_id) as (answer,):
        decide(server, changed, "approve")
        manifests = answer.result(PATIENCE_SECONDS).json()["manifests"]
    assert manifests[0]["pinned"] == {"tool": {"delete_email": [digest_of(DELETE)]}}


def test_a_grant_taken_back_reaches_a_client_that_waits(server: Server) -> None:
    agent_id = server.new_agent()
    grant = server.api.post(f"agents/{agent_id}/grants", json={"tool_name": "crm_search"}).json()["id"]
    with waiting(server, agent_id) as (answer,):
        server.api.delete(f"agents/{agent_id}/grants/{grant}")
        assert answer.result(PATIENCE_SECONDS).json()["grants"] == []


def test_a_tool_that_a_host_lists_reaches_a_client_that_waits(server: Server) -> None:
    def found(*tools: str) -> str:
        agent = {"place": "config", "name": "agent", "source": "file", "risk": "LOW", "tools": tools}
        answer = server.api.post("discoveries", json={"host": "listing", "agents": [agent]})
        assert answer.status_code == 200, answer.text
        agent_id: str = answer.json()[0]["agent_id"]
        return agent_id

    agent_id = found("read")
    with waiting(server, agent_id) as (answer,):
        found("read", "write")
        grants = answer.result(PATIENCE_SECONDS).json()["grants"]
    assert [grant["tool_name"] for grant in grants] == ["read", "write"]


def test_a_change_at_another_server_reaches_a_client_that_waits(server: Server, tmp_path: Path) -> None:
    agent_id = server.new_agent()
    other = start_server(server.dsn, tmp_path)
    try:
        with waiting(server, agent_id) as (answer,):
            answered = other.request("POST", f"/api/v1/agents/{agent_id}/suspend", server.admin_key)
            assert answered.status_code == 200
            assert answer.result(PATIENCE_SECONDS).json()["suspended"]
    finally:
        other.stop()


def test_a_client_that_waits_for_a_deleted_agent_learns_that_it_is_gone(server: Server) -> None:
    agent_id = server.new_agent()
    with waiting(server, agent_id) as (answer,):
        server.api.delete(f"agents/{agent_id}")
        assert_refused(answer.result(PATIENCE_SECONDS), 404)


def test_clients_beyond_the_limit_of_a_key_get_429_and_the_others_go_on_waiting(server: Server) -> None:
    agent_id = server.new_agent()
    version = current(server, agent_id)["version"]
    with ThreadPoolExecutor(WAITERS_OF_KEY + 5) as pool:
        answers = [pool.submit(wait_for_change, server, agent_id, version) for _ in range(WAITERS_OF_KEY + 5)]
        refused = list(islice(as_completed(answers, PATIENCE_SECONDS), 5))
        suspend(server, agent_id)
        answered = [answer.result(PATIENCE_SECONDS) for answer in answers if answer not in refused]
    for answer in refused:
        assert_refused(answer.result(), 429)
        assert answer.result().headers["retry-after"] == str(RETRY_SECONDS)
    assert [answer.json()["suspended"] for answer in answered] == [True] * WAITERS_OF_KEY


def test_clients_that_wait_hold_no_connection_to_the_database(server: Server) -> None:
    agent_id = server.new_agent()
    with waiting(server, agent_id, clients=40):
        before = open_transactions(server)
        for _ in range(20):
            assert server.api.get(f"agents/{agent_id}").status_code == 200
        time.sleep(SETTLE_SECONDS)
        held = before & open_transactions(server)
        suspend(server, agent_id)
    assert held == set()


def test_a_server_that_stops_answers_clients_that_wait_and_a_suspension_survives(
    postgres_dsn: str, tmp_path: Path
) -> None:
    dsn = new_database(postgres_dsn)
    server = start_server(dsn, tmp_path)
    key, agent_id = server.admin_key, server.new_agent()
    assert server.api.get(f"agents/{agent_id}/score").status_code == 200
    suspend(server, agent_id, reason="hijacked")
    with waiting(server, agent_id) as (answer,):
        assert server.stop() == 0
        snapshot = answer.result(PATIENCE_SECONDS).json()
    server = start_server(dsn, tmp_path)
    again = server.request("GET", f"/api/v1/agents/{agent_id}/enforcement", key)
    assert server.stop() == 0
    assert again.json() == snapshot


@pytest.mark.parametrize("params", [{"wait": -1}, {"wait": 26}, {"wait": "x"}, {"version": "v" * 65}])
def test_a_wait_beyond_its_range_is_refused(server: Server, params: dict[str, Any]) -> None:
    assert_refused(enforcement(server, server.new_agent(), **params), 422)
