"""The server in memory that users test with behaves where it matters like the real one."""

import httpx2
import pytest

from agentsentinel_sdk import ConnectionFailed, NotFound, ToolCallEvent, Unavailable, hash_payload
from agentsentinel_sdk.testing import FakeSentinel, problem

DIGEST = hash_payload({})


def test_it_keeps_what_it_was_told_for_the_test_to_look_at() -> None:
    sentinel = FakeSentinel()
    with sentinel.client() as client:
        agent = client.register_agent("a", description="reads")
        client.add_grant(agent.id, "read_ledger")
        client.report(ToolCallEvent(agent.id, "read_ledger", DIGEST, DIGEST))
    assert [agent["description"] for agent in sentinel.agents] == ["reads"]
    assert [grant["tool_name"] for grant in sentinel.grants] == ["read_ledger"]
    assert [event["anomaly_score"] for event in sentinel.events] == [0.9]


def test_it_can_be_told_to_refuse_and_to_vanish_for_a_while() -> None:
    sentinel = FakeSentinel()
    sentinel.answer_next(500)
    sentinel.fail_next(httpx2.ConnectError("refused"), times=4)
    with sentinel.client() as client:
        with pytest.raises(Unavailable, match="on purpose"):
            client.whoami()
        with pytest.raises(ConnectionFailed):
            client.whoami()
        assert client.whoami().scope == "admin"


def test_it_refuses_events_of_agents_nobody_registered() -> None:
    with FakeSentinel().client() as client, pytest.raises(NotFound):
        client.report(ToolCallEvent("0" * 32, "t", DIGEST, DIGEST))


def test_its_agents_have_separate_histories() -> None:
    with FakeSentinel().client() as client:
        agents = [client.register_agent(name) for name in "ab"]
        scores = [client.report(ToolCallEvent(agent.id, "t", DIGEST, DIGEST)).anomaly_score for agent in agents]
    assert scores == [0.9, 0.9]


def test_an_unknown_route_is_a_problem_document() -> None:
    sentinel = FakeSentinel()
    with httpx2.Client(transport=sentinel.transport, headers={"X-API-Key": sentinel.api_key}) as http:
        answer = http.get("http://sentinel.test/api/v1/nothing")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == problem(404, "no route GET /api/v1/nothing")
