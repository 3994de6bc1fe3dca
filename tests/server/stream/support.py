"""Entries of the stream, as a server would publish them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from agentsentinel.ingest.event_store import EventRow
from agentsentinel.kit.ids import uuid7
from agentsentinel.stream.entry import Entry, fields_of
from patience import PATIENCE_SECONDS

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


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so in another process."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(loops: Sequence[Coroutine[Any, Any, None]], is_up: Callable[[], bool]) -> AsyncIterator[None]:
    """Run loops for the duration of the block, once they are up; they end by cancellation, as at a stop."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        await until(is_up)
        yield
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*tasks, return_exceptions=True)
