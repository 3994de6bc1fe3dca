"""Headers and body of a request say the same, or the difference is named."""

import base64

import pytest

from agentsentinel_shim.headers import McpHeaders, decoded
from agentsentinel_shim.jsonrpc import Message, read

CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"gr\xc3\xbc\xc3\x9fen"}}'
ENCODED = "=?base64?" + base64.b64encode("grüßen".encode()).decode() + "?="


def message(body: bytes) -> Message:
    [found] = read(body).messages
    return found


def headers(**values: str) -> McpHeaders:
    return McpHeaders.of((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in values.items())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"mcp_method": "tools/call", "mcp_name": ENCODED}, []),
        ({"MCP_Method": "tools/call"}, []),
        ({"mcp_method": "tools/list"}, ["Mcp-Method"]),
        ({"mcp_name": "other"}, ["Mcp-Name"]),
        ({"mcp_method": "ping", "mcp_name": "other"}, ["Mcp-Method", "Mcp-Name"]),
    ],
)
def test_a_header_that_differs_from_the_body_is_named(given: dict[str, str], expected: list[str]) -> None:
    assert [defect.detail for defect in headers(**given).contradictions(message(CALL))] == expected


@pytest.mark.parametrize(
    ("version", "is_modern"), [(None, False), ("2025-11-25", False), ("2026-07-28", True), ("2027-01-01", True)]
)
def test_the_era_is_that_of_the_revision(version: str | None, is_modern: bool) -> None:
    given = {} if version is None else {"mcp_protocol_version": version}
    assert headers(**given).is_modern is is_modern


def test_what_is_no_base64_is_taken_as_it_stands() -> None:
    assert decoded("=?base64?%%%?=") == "=?base64?%%%?="
    assert decoded(" plain ") == "plain"
