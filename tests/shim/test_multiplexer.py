"""Several clients of one server: each gets its own answers under its own ids, whatever the others do."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.multiplexer import MOST_PENDING, SUBSCRIPTION, Multiplexer, Out

WELCOME = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "files"}}


def line(**members: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **members}).encode()


def seen(outs: Iterable[Out]) -> list[tuple[Any, dict[str, Any]]]:
    """Return who gets what, without the protocol's name."""
    return [
        (out.client, {name: value for name, value in json.loads(out.line).items() if name != "jsonrpc"}) for out in outs
    ]


@pytest.fixture
def shared() -> Multiplexer:
    """Return one with the clients A and B."""
    multiplexer = Multiplexer()
    multiplexer.attach("A")
    multiplexer.attach("B")
    return multiplexer


def test_equal_ids_of_two_clients_are_told_apart_and_put_back(shared: Multiplexer) -> None:
    [(_, first)] = seen(shared.from_client("A", line(id=1, method="ping")))
    [(_, second)] = seen(shared.from_client("B", line(id=1, method="ping")))
    assert first["id"] != second["id"]
    assert seen(shared.from_server(line(id=second["id"], result={"of": "B"}))) == [
        ("B", {"id": 1, "result": {"of": "B"}})
    ]
    assert seen(shared.from_server(line(id=first["id"], result={"of": "A"}))) == [
        ("A", {"id": 1, "result": {"of": "A"}})
    ]
    assert seen(shared.from_server(line(id=first["id"], result={}))) == []


def test_an_id_keeps_its_form_and_the_message_its_bytes(shared: Multiplexer) -> None:
    asked = b'{ "method": "x/y", "params": {"n": 1.50, "u": "\\u00e9"},  "id": "0x\\u0041" }'
    [out] = shared.from_client("A", asked)
    assert out.line == asked.replace(b'"0x\\u0041"', b"1")
    [out] = shared.from_server(b'{"result": {"n": 1e2},"id":1}')
    assert out.line == b'{"result": {"n": 1e2},"id":"0x\\u0041"}'


def test_the_server_is_initialized_once_and_all_get_its_answer(shared: Multiplexer) -> None:
    hello = {"method": "initialize", "params": {}}
    [(_, sent)] = seen(shared.from_client("A", line(id="a", **hello)))
    assert seen(shared.from_client("B", line(id="b", **hello))) == []
    assert seen(shared.from_server(line(id=sent["id"], result=WELCOME))) == [
        ("A", {"id": "a", "result": WELCOME}),
        ("B", {"id": "b", "result": WELCOME}),
    ]
    ready = line(method="notifications/initialized")
    assert [len(seen(shared.from_client(client, ready))) for client in ("A", "B")] == [1, 0]
    shared.attach("C")
    assert seen(shared.from_client("C", line(id=0, **hello))) == [("C", {"id": 0, "result": WELCOME})]


def test_after_a_refusal_the_next_client_asks_for_itself(shared: Multiplexer) -> None:
    hello = {"method": "initialize", "params": {}}
    [(_, sent)] = seen(shared.from_client("A", line(id=1, **hello)))
    list(shared.from_client("B", line(id=2, **hello)))
    refused, again = seen(shared.from_server(line(id=sent["id"], error={"code": -1, "message": "no"})))
    assert refused[0] == "A"
    assert (again[0], again[1]["method"]) == (None, "initialize")


def test_progress_and_subscriptions_find_their_client(shared: Multiplexer) -> None:
    asked = line(id=1, method="tools/call", params={"_meta": {"progressToken": "t"}})
    [(_, first)] = seen(shared.from_client("A", asked))
    [(_, second)] = seen(shared.from_client("B", asked))
    token = second["params"]["_meta"]["progressToken"]
    assert token != first["params"]["_meta"]["progressToken"]
    told = line(method="notifications/progress", params={"progressToken": token, "progress": 1})
    assert seen(shared.from_server(told)) == [
        ("B", {"method": "notifications/progress", "params": {"progressToken": "t", "progress": 1}})
    ]
    changed = line(method="notifications/x", params={"_meta": {SUBSCRIPTION: str(first["id"])}})
    assert seen(shared.from_server(changed)) == [
        ("A", {"method": "notifications/x", "params": {"_meta": {SUBSCRIPTION: 1}}})
    ]


def test_what_names_nobody_goes_to_all(shared: Multiplexer) -> None:
    changed = line(method="notifications/tools/list_changed")
    assert [client for client, _ in seen(shared.from_server(changed))] == ["A", "B"]


def test_a_request_of_the_server_goes_to_the_client_it_works_for_which_alone_may_answer(shared: Multiplexer) -> None:
    list(shared.from_client("A", line(id=1, method="tools/call")))
    assert [client for client, _ in seen(shared.from_server(line(id=7, method="roots/list")))] == ["A"]
    assert seen(shared.from_client("B", line(id=7, result={"roots": ["stolen"]}))) == []
    assert seen(shared.from_client("A", line(id=7, result={"roots": []}))) == [
        (None, {"id": 7, "result": {"roots": []}})
    ]


def test_a_client_cancels_its_own_request_only(shared: Multiplexer) -> None:
    [(_, sent)] = seen(shared.from_client("A", line(id=1, method="tools/call")))
    cancel = line(method="notifications/cancelled", params={"requestId": 1})
    assert seen(shared.from_client("B", cancel)) == []
    [(_, cancelled)] = seen(shared.from_client("A", cancel))
    assert cancelled["params"]["requestId"] == sent["id"]


def test_a_client_that_leaves_has_its_requests_cancelled_and_its_questions_answered(shared: Multiplexer) -> None:
    [(_, sent)] = seen(shared.from_client("A", line(id=1, method="tools/call")))
    list(shared.from_server(line(id=7, method="roots/list")))
    cancelled, refused = seen(shared.detach("A"))
    assert cancelled[1]["params"]["requestId"] == sent["id"]
    assert (refused[0], refused[1]["id"], refused[1]["error"]["code"]) == (None, 7, -32603)
    assert seen(shared.from_server(line(id=sent["id"], result={}))) == []


def test_without_clients_the_server_gets_an_error_for_its_request() -> None:
    [(client, answer)] = seen(Multiplexer().from_server(line(id=7, method="roots/list")))
    assert (client, answer["id"]) == (None, 7)


@pytest.mark.parametrize("members", ['"id":1,"Id":2', '"id":1,"id":2', '"id":1,"\\u0000id":2'])
def test_a_message_that_could_carry_the_id_of_another_client_is_refused(shared: Multiplexer, members: str) -> None:
    hostile = f'{{"jsonrpc":"2.0",{members},"method":"ping"}}'.encode()
    [(client, answer)] = seen(shared.from_client("A", hostile))
    assert (client, answer["error"]["code"]) == ("A", -32600)


def test_a_batch_goes_on_message_by_message(shared: Multiplexer) -> None:
    batch = b"[" + line(id=1, method="ping") + b", " + line(id=2, method="ping") + b"]"
    assert [message["id"] for _, message in seen(shared.from_client("A", batch))] == [1, 2]


def test_forgotten_requests_are_bounded(shared: Multiplexer) -> None:
    for number in range(MOST_PENDING + 1):
        list(shared.from_client("A", line(id=number, method="ping")))
    assert seen(shared.from_server(line(id=1, result={}))) == []
    assert len(seen(shared.from_server(line(id=2, result={})))) == 1


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3)), max_size=20), st.randoms(use_true_random=False))
def test_in_any_order_each_answer_reaches_the_client_that_asked(asked: list[tuple[str, int]], chance: Any) -> None:
    shared = Multiplexer()
    for client in "AB":
        shared.attach(client)
    sent = []
    for turn, (client, id_) in enumerate(asked):
        [(_, message)] = seen(shared.from_client(client, line(id=id_, method="ping", params={"turn": turn})))
        sent.append((client, id_, turn, message["id"]))
    chance.shuffle(sent)
    for client, id_, turn, number in sent:
        assert seen(shared.from_server(line(id=number, result=turn))) == [(client, {"id": id_, "result": turn})]
