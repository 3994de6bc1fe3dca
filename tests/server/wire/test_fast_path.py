"""A parsed head is cached by its bytes; a client that sends it again must not notice, nor gain anything."""

import json
import time

import pytest

from agentsentinel.commands.serve import IDLE_SECONDS
from server.support import Server, Wire, connected, event

WARM_UPS = 3
"""A connection's first request is always parsed, its second learnt at the latest; the third is of a known head."""


@pytest.fixture
def agent_id(server: Server) -> str:
    return server.new_agent()


@pytest.fixture
def key(server: Server, agent_id: str) -> str:
    return server.new_key("agent", agent_id)


def body_of(agent_id: str, tool_name: str = "crm_search") -> bytes:
    return json.dumps(event(agent_id, tool_name)).encode()


def head_of(key: str, length: int, *headers: str) -> bytes:
    lines = [
        "POST /api/v1/events HTTP/1.1",
        "Host: localhost",
        f"X-API-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def request_of(key: str, body: bytes, *headers: str) -> bytes:
    return head_of(key, len(body), *headers) + body


def warm_up(wire: Wire, request: bytes) -> None:
    for _ in range(WARM_UPS):
        wire.send(request, pause=0)
        assert wire.answer()[0] == 201


def test_a_known_head_is_answered_like_any_other(server: Server, agent_id: str, key: str) -> None:
    request = request_of(key, body_of(agent_id))
    with connected(server) as wire:
        answers = []
        for _ in range(6):
            wire.send(request, pause=0)
            answers.append(wire.answer())
    assert {status for status, _ in answers} == {201}
    assert all(set(json.loads(body)) == {"event_id", "anomaly_score", "reasons", "timestamp"} for _, body in answers)
    assert len({json.loads(body)["event_id"] for _, body in answers}) == 6


def test_a_revoked_key_is_refused_although_its_head_is_known(server: Server, agent_id: str) -> None:
    made = server.api.post("keys", json={"name": "soon gone", "scope": "agent", "agent_id": agent_id}).json()
    request = request_of(made["key"], body_of(agent_id))
    with connected(server) as wire:
        warm_up(wire, request)
        assert server.api.delete(f"keys/{made['id']}").status_code == 204
        wire.send(request, pause=0)
        assert wire.answer()[0] == 401


def test_a_bad_body_behind_a_known_head_is_refused_and_the_connection_goes_on(
    server: Server, agent_id: str, key: str
) -> None:
    good = body_of(agent_id)
    bad = [b"{" * len(good), good.replace(b"crm_search", b"crm_sear\\u"), b" " * len(good)]
    with connected(server) as wire:
        warm_up(wire, request_of(key, good))
        for body in bad:
            wire.send(request_of(key, body.ljust(len(good))[: len(good)]), pause=0)
            assert wire.answer()[0] == 422
        wire.send(request_of(key, good), pause=0)
        assert wire.answer()[0] == 201


def test_an_event_of_another_agent_behind_a_known_head_is_refused(server: Server, agent_id: str, key: str) -> None:
    with connected(server) as wire:
        warm_up(wire, request_of(key, body_of(agent_id)))
        wire.send(request_of(key, body_of(server.new_agent())), pause=0)
        assert wire.answer()[0] == 403


def test_requests_sent_ahead_are_answered_in_their_order(server: Server, agent_id: str, key: str) -> None:
    tools = [f"tool_{number}" for number in range(8)]
    with connected(server) as wire:
        warm_up(wire, request_of(key, body_of(agent_id, "tool_x")))
        health = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
        wire.send(b"".join(request_of(key, body_of(agent_id, tool)) for tool in tools) + health, pause=0)
        answers = [wire.answer() for _ in tools]
        messages = [json.loads(body)["reasons"][0]["message"] for _, body in answers]
        assert wire.answer()[0] == 200
    assert [message.split()[3] for message in messages] == tools


def test_a_request_sent_while_the_one_before_is_being_stored_waits_for_its_turn(
    server: Server, agent_id: str, key: str
) -> None:
    request = request_of(key, body_of(agent_id))
    with connected(server) as wire:
        warm_up(wire, request)
        for _ in range(20):
            wire.send(request, request, request[:40], request[40:], pause=0)
            assert [wire.answer()[0] for _ in range(3)] == [201, 201, 201]


@pytest.mark.parametrize("cut", [10, -1], ids=["in the head", "in the body"])
def test_a_request_that_comes_in_pieces_is_put_together(server: Server, agent_id: str, key: str, cut: int) -> None:
    request = request_of(key, body_of(agent_id))
    with connected(server) as wire:
        warm_up(wire, request)
        wire.send(request[:cut], request[cut:])
        assert wire.answer()[0] == 201
        wire.send(request, pause=0)
        assert wire.answer()[0] == 201


def test_a_client_that_wants_the_connection_closed_gets_it_closed(server: Server, agent_id: str, key: str) -> None:
    for _ in range(WARM_UPS):
        with connected(server) as wire:
            warm_up(wire, request_of(key, body_of(agent_id)))
            wire.send(request_of(key, body_of(agent_id), "Connection: close"), pause=0)
            assert wire.answer()[0] == 201
            assert wire.is_closed()


def test_lines_that_end_in_a_bare_newline_are_never_mistaken_for_a_head(
    server: Server, agent_id: str, key: str
) -> None:
    body = body_of(agent_id)
    smuggled = head_of(key, len(body)).replace(b"\r\n\r\n", b"\n\n") + b"GET /x HTTP/1.1\r\n\r\n" + body
    with connected(server) as wire:
        warm_up(wire, request_of(key, body))
        wire.send(smuggled, pause=0)
        assert wire.answer()[0] in {400, 422}
    with connected(server) as wire:
        warm_up(wire, request_of(key, body))


def test_an_idle_connection_outlives_the_idle_time_of_clients(server: Server, agent_id: str, key: str) -> None:
    request = request_of(key, body_of(agent_id))
    with connected(server) as wire:
        warm_up(wire, request)
        time.sleep(11)  # twice the 5 s after which clients in Python give a connection up
        wire.send(request, pause=0)
        assert wire.answer()[0] == 201


@pytest.mark.long
def test_an_idle_connection_of_known_heads_is_closed(server: Server, agent_id: str, key: str) -> None:
    with connected(server) as wire:
        warm_up(wire, request_of(key, body_of(agent_id)))
        wire._connection.settimeout(IDLE_SECONDS + 15)
        assert wire.is_closed()
