"""Digests of tool inputs and outputs, which are stored instead of the data itself.

`hash_payload` is SHA-256 over canonical JSON (`canonical_json.py`), so two calls with the same arguments have the same
digest, independent of the order of their members and of the language that hashed them. With a key it is HMAC-SHA256. It
accepts *every* Python object and never raises, because it runs inside the agent of a customer.

A plain digest shows whether inputs are equal, but does not hide them: anyone who can guess a short input can confirm
the guess. A digest with a key can be confirmed only with that key.
"""

from __future__ import annotations

import hashlib
import hmac

from agentsentinel_core.canonical_json import DEEPEST_LEVEL, MOST_NODES, canonical_json

__all__ = ["DEEPEST_LEVEL", "MOST_NODES", "canonical_json", "hash_payload", "hash_text"]


def hash_payload(payload: object, key: bytes | None = None) -> str:
    """Return the digest of a tool's input or output: 64 lower-case hexadecimal digits. Never raises."""
    return hash_text(canonical_json(payload), key)


def hash_text(text: str, key: bytes | None = None) -> str:
    """Return the digest of a text itself, not of its JSON form with quotes around it."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest() if key is None else hmac.digest(key, data, "sha256").hex()
