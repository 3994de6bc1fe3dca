"""SHA-256 without loading OpenSSL: `sentinel hook` starts for every tool call, and its time is that of its imports."""

from __future__ import annotations

import sys

from agentsentinel_core.canonical_json import canonical_json

_BLOCK = 64
_INNER, _OUTER = 0x36, 0x5C


def digest(value: object, key: bytes | None) -> str:
    """Return the digest that `hash_payload` returns (RFC 2104 for a key)."""
    data = canonical_json(value).encode("utf-8", "surrogatepass")
    if key is None:
        return sha256(data).hex()
    key = (sha256(key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = sha256(bytes(byte ^ _INNER for byte in key) + data)
    return sha256(bytes(byte ^ _OUTER for byte in key) + inner).hex()


def sha256(data: bytes) -> bytes:
    """Hash with the interpreter's own module, which has another name since Python 3.12 and may be missing."""
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256  # type: ignore[import-not-found]
        else:
            from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256
    made: bytes = sha256(data).digest()
    return made
