"""The rules of the HTTP transport since 2026-07-28 that a stdio server leaves to what serves it over HTTP.

Such a server never sees the headers, and its errors carry no status. A request that breaks the rules must not reach it
either: servers of both eras take the first request on the pipe as the choice of the era, for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentsentinel_shim.headers import NAMED_BY, McpHeaders, decoded
from agentsentinel_shim.jsonrpc import Kind, Message

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
VERSION_MEMBER = "io.modelcontextprotocol/protocolVersion"
REQUIRED_MEMBERS = (VERSION_MEMBER, "io.modelcontextprotocol/clientCapabilities")
"""Members of `_meta` without which a request is invalid."""
_STATUS = {
    METHOD_NOT_FOUND: 404,
    **dict.fromkeys((INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION), 400),
}


class Refusal(NamedTuple):
    """Why a request is refused, as a JSON-RPC error."""

    code: int
    why: str


def refusal(headers: McpHeaders, messages: Sequence[Message]) -> Refusal | None:
    """Return why a body is refused, or None."""
    if len(messages) != 1:
        return Refusal(INVALID_REQUEST, "a body holds one message: batches are not part of this revision")
    message = messages[0]
    if message.kind is not Kind.REQUEST:
        return None
    meta = (message.params or {}).get("_meta")
    missing = [name for name in REQUIRED_MEMBERS if not isinstance(meta, dict) or name not in meta]
    if missing or not isinstance(meta, dict):
        return Refusal(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}")
    named = (message.params or {}).get(NAMED_BY.get(message.method, ""))
    mirrored = [
        ("MCP-Protocol-Version", headers.protocol_version, meta[VERSION_MEMBER]),
        ("Mcp-Method", headers.method, message.method),
        *([("Mcp-Name", headers.name, named)] if isinstance(named, str) else []),
    ]
    for header, value, expected in mirrored:
        if value is None or decoded(value) != expected:
            return Refusal(HEADER_MISMATCH, f"the header {header} is absent or differs from the body")
    if message.method == "initialize":
        return Refusal(METHOD_NOT_FOUND, "Method not found: this revision has no initialize")
    return None


def status_of(code: object) -> int:
    """Return the HTTP status of an answer that is a JSON-RPC error of this code."""
    return _STATUS.get(code, 200) if isinstance(code, int) else 200
