"""Snapshots are read strictly: one that is read by half would allow too much."""

from typing import Any

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.enforcement.snapshot import Snapshot, WrongSnapshot, read_snapshot

GRANT = {"tool_name": "greet", "server_name": None, "origin": "declared", "rate_limit_per_hour": 5}
ANSWER = {"version": "1", "agent_name": "a", "suspended": False, "suspended_reason": None, "status": "ALERT"}


def read(**members: Any) -> Snapshot:
    return read_snapshot({**ANSWER, "grants": [GRANT], "session_risk": None, "manifests": [], **members})


def test_an_answer_is_read() -> None:
    snapshot = read()
    assert (snapshot.version, snapshot.is_suspended, snapshot.status) == ("1", False, "ALERT")
    [grant] = snapshot.grants_of("any server", "greet")
    assert grant.rate_limit_per_hour == 5
    assert snapshot.has_authoritative_grants


def test_a_grant_of_one_server_covers_no_other() -> None:
    snapshot = read(grants=[{**GRANT, "server_name": "mail"}])
    assert snapshot.grants_of("mail", "greet")
    assert not snapshot.grants_of("files", "greet")


def test_grants_that_were_only_observed_state_nothing() -> None:
    assert not read(grants=[{**GRANT, "origin": "observed"}]).has_authoritative_grants


@pytest.mark.parametrize(
    "members",
    [
        {"version": None},
        {"suspended": None},
        {"suspended": 0},
        {"suspended": "false"},
        {"grants": None},
        {"grants": [1]},
        {"grants": [{**GRANT, "tool_name": None}]},
        {"grants": [{**GRANT, "rate_limit_per_hour": "5"}]},
        {"grants": [{**GRANT, "rate_limit_per_hour": True}]},
        {"status": 1},
        {"manifests": None},
        {"manifests": [1]},
        {"manifests": [{"server_name": "a", "principal": "", "pinned": []}]},
        {"manifests": [{"server_name": "a", "principal": None, "pinned": {}}]},
        {"manifests": [{"server_name": "a", "principal": "", "pinned": {"tool": []}}]},
        {"manifests": [{"server_name": "a", "principal": "", "pinned": {"tool": {"x": "1"}}}]},
        {"manifests": [{"server_name": "a", "principal": "", "pinned": {"tool": {"x": [1]}}}]},
    ],
)
def test_an_answer_that_lacks_what_decides_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(WrongSnapshot):
        read(**members)


def test_an_answer_that_is_not_an_object_is_refused() -> None:
    with pytest.raises(WrongSnapshot):
        read_snapshot([])


def test_the_sdk_s_stand_in_answers_in_this_shape() -> None:
    sentinel = FakeSentinel()
    agent = sentinel.client().register_agent("shimmed")
    sentinel.client().add_grant(agent.id, "greet")
    sentinel.suspended[agent.id] = "why"
    with sentinel.client() as client:
        response = client._http.get(f"/api/v1/agents/{agent.id}/enforcement")
    snapshot = read_snapshot(response.json())
    assert (snapshot.is_suspended, snapshot.suspended_reason, len(snapshot.grants)) == (True, "why", 1)


def test_the_pins_of_a_principal_are_its_own_and_those_for_everyone() -> None:
    def pins(server: str, principal: str) -> dict[str, Any]:
        return {"server_name": server, "principal": principal, "pinned": {"tool": {"greet": ["1", "2"]}}}

    snapshot = read(manifests=[pins("a", ""), pins("a", "x"), pins("a", "y"), pins("b", "x")])
    assert [found.principal for found in snapshot.pins_of("a", "x")] == ["", "x"]
    [found] = snapshot.pins_of("b", "x")
    assert found.pinned == {"tool": {"greet": frozenset({"1", "2"})}}
