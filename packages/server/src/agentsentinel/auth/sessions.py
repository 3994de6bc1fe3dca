"""Authentication of signed-in browsers by their session cookie, cached for `TRUST_SECONDS` as keys are.

A session has the rights of the key that it was created with. It ends with that key, when it expires, or when it is
revoked.
"""

import time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from starlette.types import Scope

from agentsentinel.auth.authenticator import TRUST_SECONDS
from agentsentinel.auth.failed_attempts import CredentialKind, FailedAttempts
from agentsentinel.auth.key_digests import token_digest
from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.errors import Unauthenticated
from agentsentinel.kit.database import REQUEST_SECONDS, Database
from agentsentinel.kit.ids import now
from agentsentinel.models import KeyRow, SignInSessionRow

MAX_TOKEN_LENGTH = 100
MAX_REMEMBERED = 10_000
ENDED = "This session has ended: sign in again"


class _Entry(NamedTuple):
    principal: Principal
    read_at: float


class Sessions:
    """Authenticates session tokens and caches their principals."""

    def __init__(self, database: Database, secret: bytes, failed_attempts: FailedAttempts) -> None:
        self._database = database
        self._failed_attempts = failed_attempts
        self._secret = secret
        self._known: dict[bytes, _Entry] = {}
        self._revoked: set[UUID] = set()

    async def authenticate(self, token: bytes, scope: Scope) -> Principal:
        """Return the principal of the session token that came with this request. Raises Unauthenticated."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated(ENDED)
        digest = token_digest(self._secret, token)
        entry = self._known.get(digest)
        if entry is not None and time.monotonic() - entry.read_at <= TRUST_SECONDS:
            return entry.principal
        return await self._failed_attempts.attempt(scope, CredentialKind.COOKIE, "", lambda: self._read(digest))

    def forget(self, session_id: UUID) -> None:
        """Drop a revoked session from the cache, and refuse it even if a running look-up still finds it live."""
        self._revoked.add(session_id)
        self._known = {
            digest: entry for digest, entry in self._known.items() if entry.principal.session_id != session_id
        }

    def forget_key(self, key_id: UUID) -> None:
        """Drop all sessions of a revoked key from the cache."""
        self._known = {digest: entry for digest, entry in self._known.items() if entry.principal.key_id != key_id}

    async def _read(self, digest: bytes) -> Principal:
        self._known.pop(digest, None)
        moment = now()
        query = (
            select(SignInSessionRow.id, KeyRow.id.label("key_id"), KeyRow.scope, KeyRow.name)
            .join(KeyRow, KeyRow.id == SignInSessionRow.key_id)
            .where(
                SignInSessionRow.token_hash == digest.hex(),
                SignInSessionRow.revoked_at.is_(None),
                SignInSessionRow.expires_at > moment,
                KeyRow.live_at(moment),
            )
        )
        async with self._database.transaction(REQUEST_SECONDS) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None or row.id in self._revoked:
            raise Unauthenticated(ENDED)
        principal = Principal(row.key_id, KeyScope(row.scope), None, row.id, row.name)
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[digest] = _Entry(principal, time.monotonic())
        return principal
