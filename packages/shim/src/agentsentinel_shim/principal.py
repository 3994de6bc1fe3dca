"""Whom the credentials of a request belong to: servers give each principal lists of its own."""

from __future__ import annotations

import base64
import binascii
import json

from agentsentinel_core.hashing import hash_text
from agentsentinel_shim.headers import RawHeaders

LENGTH = 32
"""Hexadecimal digits of a principal."""
_CREDENTIALS = (b"authorization", b"x-api-key", b"api-key")


def principal_of(headers: RawHeaders, key: bytes | None) -> str:
    """Return a digest of whom a request's credentials belong to; empty without credentials.

    Tokens that are renewed stay those of the same principal where they say whose they are (the issuer and subject of a
    JSON Web Token, RFC 7519 4.1; the user of Basic, RFC 7617); others are a principal each.

    Args:
        headers: of the request.
        key: makes the digest HMAC-SHA256, so that a short secret cannot be guessed from it.
    """
    named = {name.lower(): value.decode("latin-1") for name, value in headers}
    parts = [f"{name.decode()}:{_owner(value)}" for name in _CREDENTIALS if (value := named.get(name, "").strip())]
    return hash_text("\0".join(parts), key)[:LENGTH] if parts else ""


def _owner(credentials: str) -> str:
    scheme, _, secret = credentials.partition(" ")
    if scheme.lower() == "basic":
        return f"basic {_decoded(secret.strip()).partition(b':')[0].decode('latin-1')}"
    claims = _claims(secret.strip())
    subject = claims.get("sub")
    return f"jwt {json.dumps([claims.get('iss'), subject])}" if isinstance(subject, str) else credentials


def _claims(token: str) -> dict[str, object]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(_decoded(parts[1]))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
