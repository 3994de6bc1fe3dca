"""API keys: how they are made, how they are stored.

A key is `as_adm_`, `as_agt_` or `as_ro_`, 43 random characters of base62 and a checksum (core's `key_format`). Stored
is its HMAC-SHA256 under the server's SECRET_KEY: a stolen database gives nobody a key, and a changed SECRET_KEY
invalidates all of them.
"""

import hmac
import secrets

from agentsentinel.auth.principal import KeyScope
from agentsentinel_core.key_format import ALPHABET, PREFIXES, RANDOM_CHARACTERS, complete

PREFIX_OF = dict(zip((KeyScope.ADMIN, KeyScope.AGENT, KeyScope.READONLY), PREFIXES, strict=True))
TOKEN_BYTES = 32
SHOWN_CHARACTERS = 12


def make_key(scope: KeyScope) -> str:
    """A new random key."""
    return complete(PREFIX_OF[scope] + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS)))


def shown_part(key: bytes) -> str:
    """What may be kept of a key that was refused: as much as lists show, and nothing of what is no key of ours."""
    text = key[:SHOWN_CHARACTERS].decode("ascii", "replace")
    return text if text.startswith(PREFIXES) and text.isascii() and text.isprintable() else ""


def make_token() -> str:
    """A new random token for a cookie or a sign-in link."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(secret: bytes, token: bytes) -> bytes:
    """The 32 bytes under which a token is stored. Never the digest of a key, whatever the token says."""
    return hmac.digest(secret, b"sign-in:" + token, "sha256")


def secret_check(secret: bytes) -> str:
    """64 hex digits that are the same as long as the secret is, and tell nothing of it."""
    return hmac.digest(secret, b"secret-check", "sha256").hex()


def key_digest(secret: bytes, key: bytes) -> bytes:
    """The 32 bytes under which a key is stored and looked up."""
    return hmac.digest(secret, key, "sha256")
