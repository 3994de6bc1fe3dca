"""Generation of API keys and tokens, and the digests under which they are stored.

A key is `as_adm_`, `as_agt_` or `as_ro_`, 43 random characters of base62 and a checksum (core's `key_format`). The
database stores its HMAC-SHA256 under the server's SECRET_KEY: a stolen database reveals no key, and a changed
SECRET_KEY invalidates all keys.
"""

import hmac
import secrets

from agentsentinel.auth.principal import KeyScope
from agentsentinel_core.key_format import ALPHABET, PREFIXES, RANDOM_CHARACTERS, complete

PREFIX_OF = dict(zip((KeyScope.ADMIN, KeyScope.AGENT, KeyScope.READONLY), PREFIXES, strict=True))
TOKEN_BYTES = 32
SHOWN_CHARACTERS = 12


def make_key(scope: KeyScope) -> str:
    """Generate a random key of this scope."""
    return complete(PREFIX_OF[scope] + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS)))


def shown_part(key: bytes) -> str:
    """Return the part of a refused key that may be stored.

    That is the prefix which listings of keys show, or nothing for a text that does not look like a key.
    """
    text = key[:SHOWN_CHARACTERS].decode("ascii", "replace")
    return text if text.startswith(PREFIXES) and text.isascii() and text.isprintable() else ""


def make_token() -> str:
    """Generate a random token for a cookie or a sign-in link."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(secret: bytes, token: bytes) -> bytes:
    """Compute the 32 bytes under which a token is stored; the prefix keeps them apart from the digests of keys."""
    return hmac.digest(secret, b"sign-in:" + token, "sha256")


def secret_check(secret: bytes) -> str:
    """Compute 64 hex digits that change only with the secret and do not reveal it."""
    return hmac.digest(secret, b"secret-check", "sha256").hex()


def key_digest(secret: bytes, key: bytes) -> bytes:
    """Compute the 32 bytes under which a key is stored and looked up."""
    return hmac.digest(secret, key, "sha256")
