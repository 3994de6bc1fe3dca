"""Which requests of a client still wait for their answers."""

import json
from typing import Any

from agentsentinel_shim.jsonrpc import RequestId, read
from agentsentinel_shim.pending import MOST_PENDING, PendingRequests


def pending_after(*messages: tuple[str, dict[str, Any]]) -> list[RequestId]:
    pending = PendingRequests()
    for sender, message in messages:
        for one in read(json.dumps({"jsonrpc": "2.0", **message}).encode()).messages:
            pending.passed(one, sender == "client")
    return pending.ids


def test_a_request_waits_until_its_answer_or_its_cancellation() -> None:
    assert pending_after(
        ("client", {"id": 1, "method": "tools/call"}),
        ("client", {"id": "1", "method": "tools/call"}),
        ("client", {"id": 2, "method": "ping"}),
        ("client", {"id": 3, "method": "ping"}),
        ("client", {"id": 4, "method": "ping"}),
        ("server", {"id": 1, "result": {}}),
        ("server", {"id": 2, "error": {"code": 1, "message": "no"}}),
        ("client", {"method": "notifications/cancelled", "params": {"requestId": 3}}),
        ("client", {"method": "notifications/cancelled", "params": {"requestId": ["odd"]}}),
        ("client", {"method": "notifications/cancelled"}),
    ) == ["1", 4]


def test_requests_of_the_server_are_not_the_clients() -> None:
    assert (
        pending_after(
            ("server", {"id": 1, "method": "sampling/createMessage"}),
            ("client", {"id": 1, "result": {}}),
            ("client", {"method": "notifications/initialized"}),
        )
        == []
    )


def test_requests_that_nothing_ever_answers_are_bounded() -> None:
    pending = pending_after(*(("client", {"id": number, "method": "ping"}) for number in range(MOST_PENDING + 2)))
    assert (pending[0], len(pending)) == (2, MOST_PENDING)
