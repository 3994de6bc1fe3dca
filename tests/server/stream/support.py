"""Entries of the stream, as a server would publish them."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from agentsentinel.ingest.event_store import EventRow
from agentsentinel.kit.ids import uuid7
from agentsentinel.stream.entry import Entry, fields_of

AGENT = UUID(int=7)


def row(tool: str = "read_file", agent_id: UUID = AGENT, at: float | None = None, **fields: Any) -> EventRow:
    """Return one stored event."""
    moment = time.time() if at is None else at
    when = datetime.fromtimestamp(moment, UTC)
    return EventRow(
        uuid7(moment), when, when, agent_id, tool, "0" * 64, "0" * 64, None, "session", None, "ok", 0.0, None, False,
        **fields,
    )  # fmt: skip


def encoded(rows: Sequence[EventRow]) -> bytes:
    """Return events as a commit writes them."""
    return msgspec.json.encode(rows)


def entry(number: int, rows: Sequence[EventRow], transaction: int = 1, origin: str = "elsewhere") -> Entry:
    """Return what another server would read."""
    fields = fields_of(origin, number, transaction, encoded(rows), {each.agent_id: "agent" for each in rows})
    return Entry.of(as_read(fields))


def as_read(fields: dict[str, Any]) -> dict[bytes, bytes]:
    """Return fields as Redis gives them back."""
    return {name.encode(): value if isinstance(value, bytes) else str(value).encode() for name, value in fields.items()}
