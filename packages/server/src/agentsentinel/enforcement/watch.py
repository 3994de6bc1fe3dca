"""Watches the agents that clients wait for: one small statement every half second for all of them together.

Asking the database notices changes by other servers and by commands as well, with and without Redis. While no client
waits, nothing is asked.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import structlog

from agentsentinel.enforcement.repository import find_markers
from agentsentinel.errors import Overloaded
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.kit.database_errors import is_database_unavailable
from agentsentinel.kit.tasks import keep_going

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
LOOK_SECONDS = 2.0
"""How often a waiter looks whether its client is still connected."""
WAITERS = 1_000
WAITERS_OF_KEY = 100
RETRY_SECONDS = 5


class Waiter:
    """A client that waits until one agent's marker differs from the one it knows."""

    def __init__(self, agent_id: UUID) -> None:
        self.agent_id = agent_id
        self.marker: str | None = None
        self.woken = asyncio.Event()


class EnforcementWatch:
    """Wakes each waiter when its agent has changed. No waiter holds a connection to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: set[Waiter] = set()
        self._waiters_of_key: Counter[UUID] = Counter()
        self._has_waiters = asyncio.Event()
        self._is_closed = False

    @contextmanager
    def waiting(self, agent_id: UUID, key_id: UUID) -> Iterator[Waiter]:
        """Yield a waiter for `wait_for_change`. Raises Overloaded when too many wait, of this key or in all."""
        if self._waiters_of_key[key_id] >= WAITERS_OF_KEY or len(self._waiters) >= WAITERS:
            raise Overloaded("Too many clients wait for a change: ask without wait, or try again later", RETRY_SECONDS)
        waiter = Waiter(agent_id)
        self._waiters.add(waiter)
        self._waiters_of_key[key_id] += 1
        self._has_waiters.set()
        try:
            yield waiter
        finally:
            self._waiters.remove(waiter)
            self._waiters_of_key[key_id] -= 1
            self._waiters_of_key += Counter()  # removes the keys that have no waiter left
            if not self._waiters:
                self._has_waiters.clear()

    async def wait_for_change(
        self, waiter: Waiter, marker: str | None, until: float, is_disconnected: Callable[[], Awaitable[bool]]
    ) -> bool:
        """Wait until the agent's marker differs, and return True.

        Returns False at `until` (seconds on the loop's clock), when the client has gone, and when the server stops.
        """
        waiter.marker = marker
        waiter.woken.clear()
        clock = asyncio.get_running_loop().time
        while not self._is_closed and (left := until - clock()) > 0 and not await is_disconnected():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_SECONDS)):
                    await waiter.woken.wait()
                return not self._is_closed
        return False

    async def run(self) -> None:
        """Ask the database for changes while clients wait; runs until cancelled."""
        await keep_going(self._watch, _note_failure)

    async def _watch(self) -> None:
        await self._has_waiters.wait()
        await asyncio.sleep(POLL_SECONDS)
        await self._wake_changed()

    def close(self) -> None:
        """End every wait, because the server stops."""
        self._is_closed = True
        for waiter in self._waiters:
            waiter.woken.set()

    async def _wake_changed(self) -> None:
        async with self._database.transaction(REQUEST_SECONDS) as session:
            markers = await find_markers(session, {waiter.agent_id for waiter in self._waiters})
        for waiter in self._waiters:
            if waiter.agent_id in markers and markers[waiter.agent_id] == waiter.marker:
                continue
            waiter.woken.set()


def _note_failure(error: BaseException) -> float:
    if not is_database_unavailable(error):
        log.error("enforcement_watch_failed", exc_info=error)
    return 0.0
