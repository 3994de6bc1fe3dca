"""What the gate refuses, and how it answers, in both eras."""

import json
from typing import Any

import pytest

from agentsentinel_shim.conversation import Link
from agentsentinel_shim.enforcement.gate import Gate, Judged, too_long
from agentsentinel_shim.enforcement.judge import SMUGGLING, Judge, Knowledge
from agentsentinel_shim.enforcement.snapshot import Snapshot
from agentsentinel_shim.headers import McpHeaders
from core.policy.policies import policy
from shim.messages import HOSTILE

LINK = Link("stdio", "stdio")
MODERN_META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
SECRET = policy({"mode": "enforce", "why": "it is secret", "when": {"tool": "secret"}})


def judged(body: bytes | dict[str, Any] | list[Any], **headers: str) -> Judged:
    judge = Judge(lambda: SECRET, lambda: Knowledge(Snapshot("1"), is_fresh=True), enforces=True)
    gate = Gate(judge, lambda: "files")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return gate.judge(LINK, data, 0.0, McpHeaders.of(raw) if raw else None)


def call(tool: str = "secret", id_: Any = 1, **params: Any) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": tool, "arguments": {}, **params}}
    return message if id_ is None else {**message, "id": id_}


def answer_of(judgement: Judged) -> Any:
    assert judgement.answer is not None
    return json.loads(judgement.answer)


@pytest.mark.parametrize("id_", [1, "a", 0, ""])
def test_a_denied_call_is_answered_with_a_result_that_names_the_rule(id_: Any) -> None:
    judgement = judged(call(id_=id_))
    answer = answer_of(judgement)
    assert (answer["id"], judgement.status) == (id_, 200)
    assert answer["result"]["isError"] is True
    assert "resultType" not in answer["result"]
    assert answer["result"]["content"][0]["text"] == "Refused by AgentSentinel, rule r0: it is secret."


def test_the_answer_in_the_modern_era_has_its_type() -> None:
    answer = answer_of(judged(call(_meta=MODERN_META), mcp_protocol_version="2026-07-28", mcp_method="tools/call"))
    assert answer["result"]["resultType"] == "complete"


def test_a_call_without_an_id_is_refused_without_an_answer() -> None:
    judgement = judged(call(id_=None))
    assert judgement.answer == b""
    assert judgement.is_refused


@pytest.mark.parametrize(
    "body",
    [
        call("greet"),
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "secret"}},
        {"jsonrpc": "2.0", "id": 1, "result": {"name": "secret"}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "method": "vendor/call", "params": {"name": "secret"}},
    ],
)
def test_what_no_rule_denies_passes(body: dict[str, Any]) -> None:
    assert not judged(body).is_refused


def test_a_batch_with_a_denied_call_is_refused_whole_and_each_request_is_answered() -> None:
    answers = answer_of(judged([call("greet", 1), call("secret", 2), call("secret", None)]))
    assert [answer["id"] for answer in answers] == [1, 2]
    assert "none of it was forwarded" in answers[0]["error"]["message"]
    assert answers[1]["result"]["isError"] is True


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_message_that_can_be_read_in_two_ways_is_refused_with_its_code(body: bytes) -> None:
    answer = answer_of(judged(body))
    first = answer[0] if isinstance(answer, list) else answer
    assert first["error"]["code"] == -32600
    assert "secret" not in json.dumps(first["error"])


@pytest.mark.parametrize("method", ["Tools/Call", "tools/call\0", " tools/call", "tool\u017f/call"])
def test_a_method_that_a_tolerant_server_takes_for_a_call_is_refused(method: str) -> None:
    assert judged({**call("greet"), "method": method}).is_refused


@pytest.mark.parametrize("params", [None, [], {"name": 1}, {"name": None}, {}])
def test_a_call_without_a_name_is_refused(params: Any) -> None:
    assert answer_of(judged({**call("greet"), "params": params}))["error"]["code"] == -32600


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/call", "mcp_name": "other"},
        {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/list", "mcp_name": "greet"},
        {"mcp_protocol_version": "2025-11-25", "mcp_name": "other"},
    ],
)
def test_a_header_that_differs_from_the_body_is_refused_with_its_status_and_code(headers: dict[str, str]) -> None:
    judgement = judged(call("greet", _meta=MODERN_META), **headers)
    assert (judgement.status, answer_of(judgement)["error"]["code"]) == (400, -32020)


def test_a_modern_header_with_a_legacy_body_is_refused() -> None:
    judgement = judged(call("greet"), mcp_protocol_version="2026-07-28")
    assert (judgement.status, answer_of(judgement)["error"]["code"]) == (400, -32020)


def test_a_name_in_base64_is_decoded_before_it_is_compared() -> None:
    headers = {"mcp_protocol_version": "2026-07-28", "mcp_name": "=?base64?Z3JlZXQ=?="}
    assert not judged(call("greet", _meta=MODERN_META), **headers).is_refused


def test_calls_in_an_unclear_body_are_denied_by_a_rule_of_their_own() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","name":"secret"}}'
    [verdict] = judged(body).verdicts.values()
    assert (verdict.decision, verdict.rule) == ("deny", SMUGGLING)


def test_a_body_that_is_too_long_to_be_read_is_refused() -> None:
    assert (too_long().is_refused, too_long().status) == (True, 413)
