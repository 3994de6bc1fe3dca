"""One batch and its answer: a verdict for each event, halves of what is too large, and nothing that is made up."""

import json
from typing import Any

import pytest

from agentsentinel_sdk._delivery import Delivery, Verdict
from agentsentinel_sdk._queue import Entry
from agentsentinel_sdk.errors import ApiError, AuthenticationError, PermissionDenied, UnexpectedAnswer
from agentsentinel_sdk.identity import Refusal


class Server:
    """Answers batches: too large above a size, one bad tool, and otherwise stored."""

    def __init__(self, most: int = 1000, answer: Any = None, error: Exception | None = None) -> None:
        self.most, self.answer, self.error = most, answer, error
        self.batches: list[list[dict[str, Any]]] = []

    def post_batch(self, body: bytes) -> Any:
        events = json.loads(body)["events"]
        self.batches.append(events)
        if self.error is not None:
            raise self.error
        if len(events) > self.most or any(event["tool_name"] == "poison" for event in events):
            raise ApiError("too large", status=413)
        return self.answer or {"results": [self._result(event["tool_name"]) for event in events]}

    @staticmethod
    def _result(tool_name: str) -> dict[str, Any]:
        if tool_name == "bad":
            return {"status": 422, "detail": "tool_name:\nbad"}
        return {"status": 201, "anomaly_score": 0.5}


class Registry:
    """Knows one agent, and may forget it once."""

    def __init__(self) -> None:
        self.grants: list[str] = []
        self.forgotten = 0

    def agent_id(self, _: object) -> str:
        return f"agent-{self.forgotten}"

    def grant(self, _: object, tool_name: str) -> None:
        self.grants.append(tool_name)

    def state_declared(self, _: object) -> None:
        """Nothing is declared here; test_identity.py states what is."""

    def forget(self) -> bool:
        self.forgotten += 1
        return self.forgotten == 1


def send(server: Server, *tools: str, registry: Registry | None = None, **more: Any) -> list[Verdict]:
    entries = [Entry({"tool_name": tool, **more}, wants_grant=True) for tool in tools]
    return Delivery(server, registry or Registry()).send(entries)  # type: ignore[arg-type]


def test_each_event_has_its_own_verdict_in_order() -> None:
    stored, refused, again = send(Server(), "a", "bad", "b")
    assert stored == again == Verdict(is_stored=True, anomaly_score=0.5)
    assert refused == Verdict(is_stored=False, detail="tool_name: bad [422]")


def test_an_event_gets_the_agents_id_unless_it_has_one() -> None:
    server = Server()
    send(server, "a")
    send(server, "a", agent_id="other")
    assert [batch[0]["agent_id"] for batch in server.batches] == ["agent-0", "other"]


def test_each_tool_of_a_batch_is_granted_once_in_the_order_of_the_calls() -> None:
    registry = Registry()
    send(Server(), "b", "a", "b", registry=registry)
    assert registry.grants == ["b", "a"]


def test_a_batch_that_is_too_large_is_halved_as_often_as_needed_and_keeps_its_order() -> None:
    server = Server(most=2)
    assert all(verdict.is_stored for verdict in send(server, *"abcdefgh"))
    assert [[event["tool_name"] for event in batch] for batch in server.batches if len(batch) <= 2] == [
        ["a", "b"],
        ["c", "d"],
        ["e", "f"],
        ["g", "h"],
    ]


def test_one_event_that_is_refused_whole_is_alone_at_fault() -> None:
    verdicts = send(Server(), "a", "b", "poison", "c")
    assert [verdict.is_stored for verdict in verdicts] == [True, True, False, True]


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_a_refusal_that_is_not_about_the_events_is_not_answered_with_halves(status: int) -> None:
    server = Server(error=ApiError("later", status=status))
    with pytest.raises(ApiError):
        send(server, "a", "b")
    assert len(server.batches) == 1


@pytest.mark.parametrize("error", [AuthenticationError("no", status=401), PermissionDenied("no", status=403)])
def test_a_refused_key_is_a_refusal(error: Exception) -> None:
    with pytest.raises(Refusal):
        send(Server(error=error), "a")


@pytest.mark.parametrize(
    "results",
    [[], [{"status": 201}] * 2, [1], [{}], [{"status": "201"}], [{"status": 500}], [{"status": 503, "detail": "x"}]],
)
def test_an_answer_that_leaves_an_event_open_is_not_a_verdict(results: list[Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        send(Server(answer={"results": results}), "a")


def test_a_score_that_is_not_a_number_is_none() -> None:
    assert send(Server(answer={"results": [{"status": 200, "anomaly_score": "high"}]}), "a") == [
        Verdict(is_stored=True)
    ]


def test_a_deleted_agent_is_registered_again_and_its_events_are_sent_once_more() -> None:
    server, registry = Server(answer={"results": [{"status": 404, "detail": "gone"}]}), Registry()
    [verdict] = send(server, "a", registry=registry)
    assert verdict.is_agent_unknown
    assert [batch[0]["agent_id"] for batch in server.batches] == ["agent-0", "agent-1"]
