"""Throttling and recording of refused credentials: keys, sign-in tokens and cookies.

A live key always passes, whatever else its address has sent: it is looked up first, and only failed look-ups count.
Addresses with too many failures share `SLOW_LANES` look-ups at a time, so that an attacker who guesses keys gets a
small share of the database, and all other clients the rest. Cached keys do not come here at all.

Refusals are recorded in the audit log as one row for each minute, address and key, with a count; a flood of any kind
makes `ROWS_A_MINUTE` rows a minute at most, and one row for the remainder of each kind.
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
"""Concurrent look-ups for all addresses that have failed too often."""
PAUSE_SECONDS = 0.01
"""Pause after each failed slow look-up, which allows 200 a second at most.

A refusal costs a millisecond of CPU, and a flood without pauses took a whole core.
"""
ROWS_A_MINUTE = 30
"""Rows of refusals recorded in a minute, about 10 MB a day; further refusals of that minute share a row."""
MOST_ROWS = 300
"""Rows kept in memory while the database is unavailable."""
MANY = "many"
"""Recorded in place of an address when a minute had too many rows."""


class CredentialKind(StrEnum):
    """Kind of a refused credential; the values are the audit log's actions."""

    KEY = "key_refused"
    SIGN_IN = "sign_in_refused"
    COOKIE = "cookie_refused"
    """A refused session cookie. Counted, never recorded, and always answered 401.

    A browser goes on sending its cookie after the session has ended, and needs the 401 to ask the user to sign in.
    """


class InactiveKey(Unauthenticated):
    """The key was revoked or has expired. The answer is that of any wrong key; the audit log names the key."""

    def __init__(self, key_id: UUID, name: str) -> None:
        super().__init__()
        self.key_id = key_id
        self.name = name


@dataclass
class Refusal:
    """Refusals of one credential from one address within one minute: a row of the audit log."""

    id: UUID
    at: datetime
    means: CredentialKind
    address: str
    key_prefix: str
    key_id: UUID | None
    """Id of the key if it was live once, else None."""
    key_name: str
    count: int = 0
    written: int = 0
    """Value of `count` that was stored last."""


@dataclass(frozen=True)
class Snapshot:
    """A refusal and its count at the moment of writing."""

    refusal: Refusal
    count: int


class FailedAttempts:
    """Throttles addresses with too many refused credentials, and collects refusals for the audit log."""

    def __init__(self, per_minute: int, proxies: Sequence[Network]) -> None:
        self._limiter = FailureLimiter(per_minute)
        self._proxies = proxies
        self._slow_lane = asyncio.Semaphore(SLOW_LANES)
        self._refusals: dict[tuple[object, ...], Refusal] = {}
        self.counts: Counter[CredentialKind] = Counter()
        """Refusals since the process started, by kind of credential."""
        self.on_failure: Callable[[str], None] = _tell_none
        """Called with the client's network at each refusal, for the other servers."""

    def address(self, scope: Scope) -> str:
        """Return the client address of a request."""
        return client_address(scope, self._proxies)

    async def attempt(
        self, scope: Scope, means: CredentialKind, key_prefix: str, look_up: Callable[[], Awaitable[T]]
    ) -> T:
        """Return what `look_up` finds.

        Passes its Unauthenticated on, or raises TooManyFailures instead when the address has failed too often.
        """
        address = self.address(scope)
        client = network_of(address)
        try:
            if not self._limiter.is_over(client):
                return await look_up()
            return await self._look_up_slowly(look_up)
        except Unauthenticated as error:
            seconds = self._limiter.fail(client)
            self.on_failure(client)
            self.counts[means] += 1
            if means is CredentialKind.COOKIE:
                raise
            self._record(means, address, "" if seconds else key_prefix, error)
            if seconds:
                raise TooManyFailures(seconds) from None
            raise

    def fold(self, network: str, failures: int) -> None:
        """Count failures of a client's network that another server has seen."""
        self._limiter.take(network, failures)

    async def _look_up_slowly(self, look_up: Callable[[], Awaitable[T]]) -> T:
        async with self._slow_lane:
            try:
                return await look_up()
            except Unauthenticated:
                await asyncio.sleep(PAUSE_SECONDS)
                raise

    def unwritten(self) -> list[Snapshot]:
        """Return the refusals whose count has changed since it was stored, each with its count so far."""
        return [Snapshot(one, one.count) for one in self._refusals.values() if one.count != one.written]

    def note_written(self, snapshots: Sequence[Snapshot]) -> None:
        """Mark these refusals as stored, and drop those of earlier minutes that have not changed since."""
        for snapshot in snapshots:
            snapshot.refusal.written = snapshot.count
        minute = _minute(time.time())
        self._refusals = {
            place: one for place, one in self._refusals.items() if one.count != one.written or place[0] == minute
        }

    def _record(self, means: CredentialKind, address: str, key_prefix: str, error: Unauthenticated) -> None:
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


def _tell_none(network: str) -> None:
    """Do nothing: no other server is there to hear of it."""


def _minute(moment: float) -> int:
    return int(moment // 60)
