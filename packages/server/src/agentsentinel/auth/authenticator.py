"""From the text of a key to a principal, without asking the database each time.

A key is looked up by its keyed digest, which leaves nothing to compare in variable time. What was found is believed
for a few seconds, so a key revoked in another process is dead here within `TRUST_SECONDS`; revoked in this one, at
once. A key in use is looked up again before that time is over, and once for all requests that need it, so that none
of them waits. Unknown keys are not remembered; what no checksum fits is not even looked up.
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
"""A key still in use so long after its last look-up is looked up again, while it is believed."""
MAX_REMEMBERED = 10_000


class _Entry(NamedTuple):
    principal: Principal
    read_at: float


class Authenticator:
    """Knows the live keys."""

    def __init__(self, database: Database, secret: bytes, failed_attempts: FailedAttempts) -> None:
        self._database = database
        self.secret = secret
        self._failed_attempts = failed_attempts
        self._known: dict[bytes, _Entry] = {}
        self._used: dict[UUID, float] = {}
        self._readings: dict[bytes, asyncio.Task[Principal]] = {}
        self._revoked: set[UUID] = set()

    def remembered(self, key: bytes) -> Principal | None:
        """The principal of a key that was looked up a moment ago, else None. The hot path's first try."""
        return self.recall(self.digest(key))

    def digest(self, key: bytes) -> bytes:
        """What stands for a key: 32 bytes, of use to nobody who does not have the secret."""
        return key_digest(self.secret, key)

    def recall(self, digest: bytes) -> Principal | None:
        """`remembered`, for who has the key's digest at hand."""
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
        """The principal of a key that came with this request.

        Raises Unauthenticated, with the same words whatever is wrong with a key that was sent, and TooManyFailures.
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
        """Believe nothing remembered of this key, nor what is being read of it now: it was revoked."""
        self._revoked.add(key_id)
        self._known = {digest: entry for digest, entry in self._known.items() if entry.principal.key_id != key_id}

    async def write_last_used(self) -> None:
        """Note when keys were last used. Called now and then, never while a request waits."""
        used, self._used = self._used, {}
        async with self._database.transaction() as session:
            for key_id, at in used.items():
                await session.execute(
                    update(KeyRow).where(KeyRow.id == key_id).values(last_used_at=datetime.fromtimestamp(at, UTC))
                )

    def _read_soon(self, digest: bytes) -> "asyncio.Task[Principal]":
        """The one look-up of this key that is under way."""
        reading = self._readings.get(digest)
        if reading is None:
            reading = self._readings[digest] = asyncio.create_task(self._read(digest))
            reading.add_done_callback(lambda done: self._finish(digest, done))
        return reading

    def _finish(self, digest: bytes, reading: "asyncio.Task[Principal]") -> None:
        del self._readings[digest]
        if not reading.cancelled():
            reading.exception()  # who waits for it is told; a refresh that fails is tried by the next request

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
    """The monotonic time of a look-up now, or an earlier one for a key that expires while it would be believed."""
    left = TRUST_SECONDS if expires_at is None else (expires_at - datetime.now(UTC)).total_seconds()
    return time.monotonic() - max(0.0, TRUST_SECONDS - left)
