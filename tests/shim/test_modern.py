"""The rules that a server over HTTP keeps since 2026-07-28: which requests are refused, and with which status."""

import json
from typing import Any

import pytest

from agentsentinel_shim.headers import McpHeaders
from agentsentinel_shim.jsonrpc import read
from agentsentinel_shim.modern import Refusal, refusal, status_of

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "greet", "_meta": META}}
HEADERS = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "greet"}


def judged(body: object, **headers: str | None) -> Refusal | None:
    """Judge a body under the right headers, with some of them replaced or left out."""
    given = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    return refusal(McpHeaders.of(raw), read(json.dumps(body).encode()).messages)


def call(meta: object = META, **members: Any) -> dict[str, Any]:
    return {**CALL, **members, "params": {"name": "greet", "_meta": meta}}


@pytest.mark.parametrize(
    "headers",
    [{}, {"mcp_name": "  greet  "}, {"mcp_name": "=?base64?Z3JlZXQ=?="}],
    ids=["plain", "spaces around", "encoded"],
)
def test_a_request_that_agrees_with_its_headers_passes(headers: dict[str, str]) -> None:
    assert judged(CALL, **headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_method": None},
        {"mcp_method": "tools/list"},
        {"mcp_method": "TOOLS/CALL"},
        {"mcp_name": None},
        {"mcp_name": "other"},
        {"mcp_name": "=?base64?Z3JlZXQ?="},
        {"mcp_protocol_version": "2027-01-01"},
    ],
)
def test_a_header_that_is_absent_or_differs_is_refused(headers: dict[str, str | None]) -> None:
    refused = judged(CALL, **headers)
    assert refused is not None
    assert refused.code == -32020


@pytest.mark.parametrize("meta", [None, [], {}, *({name: META[name]} for name in META)])
def test_a_request_without_the_members_of_its_envelope_is_refused(meta: object) -> None:
    refused = judged(call(meta))
    assert refused is not None
    assert refused.code == -32602


def test_a_method_without_a_name_needs_no_name() -> None:
    assert (
        judged({**CALL, "method": "tools/list", "params": {"_meta": META}}, mcp_method="tools/list", mcp_name=None)
        is None
    )


def test_what_would_begin_the_older_era_never_reaches_the_server() -> None:
    refused = judged(call(method="initialize"), mcp_method="initialize")
    assert refused is not None
    assert refused.code == -32601


def test_a_batch_is_refused_and_a_notification_is_not() -> None:
    refused = judged([CALL, CALL])
    assert refused is not None
    assert refused.code == -32600
    assert judged({"jsonrpc": "2.0", "method": "notifications/cancelled"}) is None


@pytest.mark.parametrize(
    ("code", "status"),
    [(-32601, 404), (-32602, 400), (-32020, 400), (-32021, 400), (-32022, 400), (-32603, 200), (7, 200), ("x", 200)],
)
def test_an_error_has_the_status_of_its_code(code: object, status: int) -> None:
    assert status_of(code) == status
