"""API keys: how they look, how they are made, how they are stored.

A key is `as_adm_`, `as_agt_` or `as_ro_` and 64 hex digits (32 random bytes). Stored is its HMAC-SHA256 under the
server's SECRET_KEY: a stolen database gives nobody a key, and a changed SECRET_KEY invalidates all of them.
"""

import hmac
import secrets

from agentsentinel.auth.principal import KeyScope

PREFIXES = {KeyScope.ADMIN: "as_adm_", KeyScope.AGENT: "as_agt_", KeyScope.READONLY: "as_ro_"}
RANDOM_BYTES = 32
SHOWN_CHARACTERS = 12
MAX_LENGTH = len("as_adm_") + 2 * RANDOM_BYTES


def make_key(scope: KeyScope) -> str:
    """A new random key."""
    return PREFIXES[scope] + secrets.token_hex(RANDOM_BYTES)


def make_token() -> str:
    """A new random token for a cookie or a sign-in link."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def token_digest(secret: bytes, token: bytes) -> bytes:
    """The 32 bytes under which a token is stored. Never the digest of a key, whatever the token says."""
    return hmac.digest(secret, b"sign-in:" + token, "sha256")


def key_digest(secret: bytes, key: bytes) -> bytes:
    """The 32 bytes under which a key is stored and looked up."""
    return hmac.digest(secret, key, "sha256")
