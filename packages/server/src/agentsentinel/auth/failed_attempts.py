"""Requests whose key, token or cookie was refused: how many an address may send, and what is told of them.

A live key always passes, whatever else its address has sent: it is looked up first, and only what was not found counts.
Where too much was not found, look-ups take turns, so that somebody who makes up keys has a small share of the database
and everybody else the rest. Nothing here is asked for a key that is remembered.

What was refused is written down once for each minute, address and key, with a count; a flood of any kind makes some
rows a minute and no more.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from starlette.types import Scope

from agentsentinel.auth.addresses import Network, client_address, network_of
from agentsentinel.auth.limiter import FailureLimiter
from agentsentinel.errors import TooManyFailures, Unauthenticated
from agentsentinel.kit.ids import uuid7

T = TypeVar("T")

SLOW_LANES = 2
"""Look-ups at a time for addresses that have failed too often."""
PAUSE_SECONDS = 0.01
"""After each that finds nothing, so there are 200 a second at most: a refusal costs a millisecond of CPU, and a flood
without pauses took a whole core."""
ROWS_A_MINUTE = 30
"""About 10 MB a day at most; what else is refused in that minute is counted in one further row."""
MOST_ROWS = 300
"""Kept in memory while the database is away."""
MANY = "many"
"""In place of an address when there were too many."""


class CredentialKind(StrEnum):
    """How somebody tried to get in; the words are the audit log's actions."""

    KEY = "key_refused"
    SIGN_IN = "sign_in_refused"
    COOKIE = "cookie_refused"
    """Counted, never written down and always answered 401: a browser sends its cookie after the session has ended, and
    must be told to sign in."""


class InactiveKey(Unauthenticated):
    """The key was revoked or has expired. It is answered like any other, and the audit log tells."""

    def __init__(self, key_id: UUID, name: str) -> None:
        super().__init__()
        self.key_id = key_id
        self.name = name


@dataclass
class Refusal:
    """What one address was refused within one minute."""

    id: UUID
    at: datetime
    means: CredentialKind
    address: str
    key_prefix: str
    key_id: UUID | None
    """The key, where it is one that was live once."""
    key_name: str
    count: int = 0
    written: int = 0
    """The count that was written down last."""


@dataclass(frozen=True)
class Snapshot:
    """A refusal and its count at the moment of writing."""

    refusal: Refusal
    count: int


class FailedAttempts:
    """Knows who failed lately."""

    def __init__(self, per_minute: int, proxies: Sequence[Network]) -> None:
        self._limiter = FailureLimiter(per_minute)
        self._proxies = proxies
        self._slow_lane = asyncio.Semaphore(SLOW_LANES)
        self._refusals: dict[tuple[object, ...], Refusal] = {}
        self.counts: Counter[CredentialKind] = Counter()
        """What was refused since the process started."""

    def address(self, scope: Scope) -> str:
        """Where a request comes from."""
        return client_address(scope, self._proxies)

    async def attempt(
        self, scope: Scope, means: CredentialKind, key_prefix: str, look_up: Callable[[], Awaitable[T]]
    ) -> T:
        """What `look_up` finds. Raises Unauthenticated as it does, and TooManyFailures in its place after too many."""
        address = self.address(scope)
        client = network_of(address)
        try:
            if not self._limiter.is_over(client):
                return await look_up()
            return await self._look_up_slowly(look_up)
        except Unauthenticated as error:
            seconds = self._limiter.fail(client)
            self.counts[means] += 1
            if means is CredentialKind.COOKIE:
                raise
            self._note(means, address, "" if seconds else key_prefix, error)
            if seconds:
                raise TooManyFailures(seconds) from None
            raise

    async def _look_up_slowly(self, look_up: Callable[[], Awaitable[T]]) -> T:
        async with self._slow_lane:
            try:
                return await look_up()
            except Unauthenticated:
                await asyncio.sleep(PAUSE_SECONDS)
                raise

    def unwritten(self) -> list[Snapshot]:
        """What is to be written down, each with its count so far."""
        return [Snapshot(one, one.count) for one in self._refusals.values() if one.count != one.written]

    def note_written(self, snapshots: Sequence[Snapshot]) -> None:
        """These are written down; what has not changed since and is of an earlier minute is forgotten."""
        for snapshot in snapshots:
            snapshot.refusal.written = snapshot.count
        minute = _minute(time.time())
        self._refusals = {
            place: one for place, one in self._refusals.items() if one.count != one.written or place[0] == minute
        }

    def _note(self, means: CredentialKind, address: str, key_prefix: str, error: Unauthenticated) -> None:
        moment = time.time()
        minute = _minute(moment)
        key_id, name = (error.key_id, error.name) if isinstance(error, InactiveKey) else (None, "")
        place: tuple[object, ...] = (minute, means, address, key_prefix, key_id)
        if place not in self._refusals and self._is_full(minute):
            address, key_prefix, key_id, name = MANY, "", None, ""
            place = (minute, means, address)
        refusal = self._refusals.get(place)
        if refusal is None:
            at = datetime.fromtimestamp(moment, UTC)
            refusal = Refusal(uuid7(moment), at, means, address, key_prefix, key_id, name)
            self._refusals[place] = refusal
        refusal.count += 1

    def _is_full(self, minute: int) -> bool:
        of_minute = sum(place[0] == minute for place in self._refusals)
        return of_minute >= ROWS_A_MINUTE or len(self._refusals) >= MOST_ROWS


def _minute(moment: float) -> int:
    return int(moment // 60)
