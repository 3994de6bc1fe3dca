"""The consumer group `scoring`: workers share the news of stored events, and score the agents of each entry.

An entry is acknowledged once its agents are scored. What a worker that died had read is taken over by another one; an
entry that cannot be read, or outlived several workers, moves to a stream of its own. Nothing depends on delivery: the
sweep of each scoring loop finds every agent with unscored events in PostgreSQL.
"""

import contextlib
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from redis.exceptions import ResponseError

from agentsentinel.kit.tasks import is_cancelled, keep_going
from agentsentinel.stream.entry import BadEntry, Entry
from agentsentinel.stream.event_stream import (
    BLOCK_SECONDS,
    KEY,
    RETRY_SECONDS,
    SAY_SECONDS,
    UNREACHABLE,
    connect,
    log_failure,
)
from agentsentinel.worker.scoring import ScoringLoop

log = structlog.get_logger(__name__)

GROUP = "scoring"
DEAD_KEY = "agent_events_dead"
MOST_DEAD = 10_000
MOST_READ = 1_000
TENDING_SECONDS = 10.0
"""How often abandoned entries are looked for, and old ones removed."""
ABANDONED_SECONDS = 30.0
"""How long an entry may be pending before another worker takes it over."""
MOST_DELIVERIES = 5
KEPT_SECONDS = 60.0
"""Age below which no entry is removed, so that servers which read slowly miss none."""

Entries = Sequence[tuple[bytes, Mapping[bytes, bytes]]]


class ScoringGroup:
    """One worker's place in the group."""

    def __init__(self, url: str, scoring: ScoringLoop) -> None:
        self._redis = connect(url)
        self._scoring = scoring
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.dead_letters = 0
        """Entries that this worker has put aside."""
        self.lag: int | None = None
        """Entries that no worker has read yet, as of the last look; None where Redis does not know."""
        self.is_up = False
        """Whether entries arrive."""
        self._has_said_so = False
        """Whether the log says that Redis cannot be read."""
        self._put_aside_unsaid = 0
        self._said_put_aside_at = -SAY_SECONDS

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            await keep_going(self._work, self._note_unavailable)
        finally:
            with contextlib.suppress(*UNREACHABLE):
                await self._redis.aclose()

    async def _work(self) -> None:
        next_tending = 0.0
        while not is_cancelled():
            if time.monotonic() >= next_tending:
                await self._tend()
                next_tending = time.monotonic() + TENDING_SECONDS
            self.is_up, self._has_said_so = True, False
            await self._work_on(await self._read())

    def _note_unavailable(self, error: BaseException) -> float:
        if not self._has_said_so:
            log_failure("stream_unavailable", error)
        self.is_up, self.lag, self._has_said_so = False, None, True
        return RETRY_SECONDS

    async def _read(self) -> Entries:
        answer: Any = await self._redis.xreadgroup(
            GROUP, self._name, {KEY: ">"}, count=MOST_READ, block=int(BLOCK_SECONDS * 1000)
        )
        return [entry for _, entries in answer or () for entry in entries]

    async def _work_on(self, entries: Entries) -> None:
        agents: set[UUID] = set()
        for identifier, fields in entries:
            try:
                agents.update(row.agent_id for row in Entry.of(fields).events)
            except BadEntry as error:
                await self._put_aside(identifier, fields, str(error))
        if agents:
            await self._scoring.score(agents)
        if entries:
            await self._redis.xack(KEY, GROUP, *(identifier for identifier, _ in entries))

    async def _put_aside(self, identifier: bytes, fields: Mapping[bytes, bytes], reason: str) -> None:
        kept: dict[Any, Any] = {**fields, b"entry": identifier, b"reason": reason}
        await self._redis.xadd(DEAD_KEY, kept, maxlen=MOST_DEAD)
        await self._redis.xack(KEY, GROUP, identifier)
        self.dead_letters += 1
        self._put_aside_unsaid += 1
        if time.monotonic() - self._said_put_aside_at >= SAY_SECONDS:
            facts = {"entries": self._put_aside_unsaid, "newest": identifier.decode(), "reason": reason}
            log.error("stream_entries_put_aside", **facts)
            self._put_aside_unsaid, self._said_put_aside_at = 0, time.monotonic()

    async def _tend(self) -> None:
        """Make the group if there is none, take over what others left, and remove what all have dealt with."""
        with contextlib.suppress(ResponseError):  # it exists
            await self._redis.xgroup_create(KEY, GROUP, id="0", mkstream=True)
        await self._work_on(await self._abandoned())
        await self._trim()

    async def _abandoned(self) -> Entries:
        idle = int(ABANDONED_SECONDS * 1000)
        pending: Any = await self._redis.xpending_range(KEY, GROUP, "-", "+", MOST_READ, idle=idle)
        for each in pending:
            if each["times_delivered"] >= MOST_DELIVERIES:
                identifier = each["message_id"]
                found: Any = await self._redis.xrange(KEY, identifier, identifier)
                fields = found[0][1] if found else {}
                await self._put_aside(identifier, fields, f"delivered {MOST_DELIVERIES} times, acknowledged never")
        if not pending:
            return []
        taken: Any = await self._redis.xautoclaim(KEY, GROUP, self._name, min_idle_time=idle, count=MOST_READ)
        return [entry for entry in taken[1] if entry[1] is not None]

    async def _trim(self) -> None:
        """Remove old entries before the first one that any group still needs."""
        oldest = int((time.time() - KEPT_SECONDS) * 1000)
        groups: Any = await self._redis.xinfo_groups(KEY)
        for group in groups:
            summary: Any = await self._redis.xpending(KEY, group["name"])
            needed = summary["min"] or group["last-delivered-id"]
            oldest = min(oldest, int(bytes(needed).partition(b"-")[0]))
            if group["name"] == GROUP.encode():
                self.lag = group.get("lag")
        await self._redis.xtrim(KEY, minid=oldest, approximate=True)
