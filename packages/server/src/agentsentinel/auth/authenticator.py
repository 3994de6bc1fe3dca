"""Authentication of API keys, with a cache in front of the database.

A key is looked up by its keyed digest, so nothing is compared in variable time. The result is cached for
`TRUST_SECONDS`, so a key that another process revokes is refused here within that time; a key revoked in this process,
at once. A key in use is refreshed before its entry expires, by one look-up for all requests that need it, so that none
of them waits. Unknown keys are not cached, and a key with a wrong checksum is not even looked up.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from starlette.types import Scope

from agentsentinel.auth.failed_attempts import CredentialKind, FailedAttempts, InactiveKey
from agentsentinel.auth.key_digests import key_digest, shown_part
from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.errors import NO_KEY, Unauthenticated
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.models import KeyRow
from agentsentinel_core.key_format import MAX_LENGTH, is_key

TRUST_SECONDS = 4.0
REFRESH_SECONDS = 2.0
"""Age of a cache entry from which a use of the key refreshes it in the background, before the entry expires."""
MAX_REMEMBERED = 10_000


class _Entry(NamedTuple):
    principal: Principal
    read_at: float


class Authenticator:
    """Authenticates API keys and caches their principals."""

    def __init__(self, database: Database, secret: bytes, failed_attempts: FailedAttempts) -> None:
        self._database = database
        self.secret = secret
        self._failed_attempts = failed_attempts
        self._known: dict[bytes, _Entry] = {}
        self._used: dict[UUID, float] = {}
        self._readings: dict[bytes, asyncio.Task[Principal]] = {}
        self._revoked: set[UUID] = set()

    def remembered(self, key: bytes) -> Principal | None:
        """Return the cached principal of a key, else None. The hot path tries this first."""
        return self.recall(self.digest(key))

    def digest(self, key: bytes) -> bytes:
        """Compute the keyed digest of a key: 32 bytes, useless to an attacker without the secret."""
        return key_digest(self.secret, key)

    def recall(self, digest: bytes) -> Principal | None:
        """Return the cached principal of the key with this digest, else None."""
        entry = self._known.get(digest)
        if entry is None:
            return None
        age = time.monotonic() - entry.read_at
        if age > TRUST_SECONDS:
            return None
        if age > REFRESH_SECONDS:
            self._read_soon(digest)
        return entry.principal

    async def authenticate(self, key: bytes | None, scope: Scope) -> Principal:
        """Return the principal of the key that came with this request.

        Raises Unauthenticated, with the same message whatever is wrong with the key, and TooManyFailures.
        """
        if not key:
            raise Unauthenticated(NO_KEY)
        principal = self.remembered(key) if len(key) <= MAX_LENGTH else None
        if principal is not None:
            return principal
        return await self._failed_attempts.attempt(
            scope, CredentialKind.KEY, shown_part(key), lambda: self._look_up(key)
        )

    async def _look_up(self, key: bytes) -> Principal:
        if not is_key(key):
            raise Unauthenticated
        return await asyncio.shield(self._read_soon(self.digest(key)))

    def forget(self, key_id: UUID) -> None:
        """Drop a revoked key from the cache, and refuse it even if a running look-up still finds it live."""
        self._revoked.add(key_id)
        self._known = {digest: entry for digest, entry in self._known.items() if entry.principal.key_id != key_id}

    async def write_last_used(self) -> None:
        """Write the times at which keys were last used. Called periodically, never while a request waits."""
        used, self._used = self._used, {}
        async with self._database.transaction() as session:
            for key_id, at in used.items():
                await session.execute(
                    update(KeyRow).where(KeyRow.id == key_id).values(last_used_at=datetime.fromtimestamp(at, UTC))
                )

    def _read_soon(self, digest: bytes) -> "asyncio.Task[Principal]":
        """Return the running look-up of this key, started if there is none: concurrent requests share it."""
        reading = self._readings.get(digest)
        if reading is None:
            reading = self._readings[digest] = asyncio.create_task(self._read(digest))
            reading.add_done_callback(lambda done: self._finish(digest, done))
        return reading

    def _finish(self, digest: bytes, reading: "asyncio.Task[Principal]") -> None:
        del self._readings[digest]
        if not reading.cancelled():
            reading.exception()  # marks it as seen: waiting requests raise it, and the next one retries a refresh

    async def _read(self, digest: bytes) -> Principal:
        moment = datetime.now(UTC)
        columns = (KeyRow.id, KeyRow.name, KeyRow.scope, KeyRow.agent_id, KeyRow.expires_at)
        query = select(*columns, KeyRow.live_at(moment).label("is_live")).where(KeyRow.key_hash == digest.hex())
        async with self._database.transaction(REQUEST_SECONDS) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None or not row.is_live or row.id in self._revoked:
            self._known.pop(digest, None)
            raise Unauthenticated if row is None else InactiveKey(row.id, row.name)
        principal = Principal(row.id, KeyScope(row.scope), row.agent_id, key_name=row.name)
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[digest] = _Entry(principal, _read_at(row.expires_at))
        self._used[row.id] = time.time()
        return principal


def _read_at(expires_at: datetime | None) -> float:
    """Return the monotonic time now, or earlier for a key that expires sooner than its cache entry would."""
    left = TRUST_SECONDS if expires_at is None else (expires_at - datetime.now(UTC)).total_seconds()
    return time.monotonic() - max(0.0, TRUST_SECONDS - left)
