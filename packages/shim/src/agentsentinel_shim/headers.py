"""What the HTTP headers of MCP say about a message, and whether the body says the same."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import NamedTuple

from agentsentinel_shim.jsonrpc import Defect, Message

MODERN = "2026-07-28"
"""The first revision without sessions: `MCP-Protocol-Version` of it or a later one marks a modern message."""
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Method -> the parameter that `Mcp-Name` repeats."""

RawHeaders = Iterable[tuple[bytes, bytes]]


class McpHeaders(NamedTuple):
    """The headers of a request that MCP defines; None where one is absent."""

    protocol_version: str | None
    session_id: str | None
    method: str | None
    name: str | None

    @classmethod
    def of(cls, headers: RawHeaders) -> McpHeaders:
        """Read them from raw headers; of a doubled one the last counts."""
        named = {name.lower(): value.decode("latin-1") for name, value in headers}
        return cls(
            protocol_version=named.get(b"mcp-protocol-version"),
            session_id=named.get(b"mcp-session-id") or None,
            method=named.get(b"mcp-method"),
            name=named.get(b"mcp-name"),
        )

    @property
    def is_modern(self) -> bool:
        """Whether the message belongs to the era without sessions. Revisions are dates, so they compare as text."""
        return self.protocol_version is not None and self.protocol_version >= MODERN

    def contradictions(self, message: Message) -> list[Defect]:
        """Return a defect for each header that differs from the body."""
        defects = []
        if self.method is not None and message.method and decoded(self.method) != message.method:
            defects.append(Defect("header-and-body-differ", "Mcp-Method"))
        named = (message.params or {}).get(NAMED_BY.get(message.method, ""))
        if self.name is not None and isinstance(named, str) and decoded(self.name) != named:
            defects.append(Defect("header-and-body-differ", "Mcp-Name"))
        return defects


def decoded(value: str) -> str:
    """Return a header's value as text: one that is not plain ASCII travels as `=?base64?...?=`."""
    value = value.strip()
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[len("=?base64?") : -len("?=")], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return value
