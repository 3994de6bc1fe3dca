"""Digests of tool inputs and outputs: what leaves the agent's process instead of the data itself.

The rules are core's, since a server that is sent spans must come to the same digests.
"""

import os

from agentsentinel_core.hashing import DEEPEST_LEVEL, MOST_NODES, canonical_json, hash_payload, hash_text

__all__ = ["DEEPEST_LEVEL", "HASH_KEY_VARIABLE", "MOST_NODES", "canonical_json", "hash_payload", "hash_text"]

HASH_KEY_VARIABLE = "AGENTSENTINEL_HASH_KEY"


def resolve_hash_key(key: str | bytes | None) -> bytes | None:
    """Return the key of the tenant's digests: `key`, else that of the environment; None for plain SHA-256."""
    if key is None:
        key = os.environ.get(HASH_KEY_VARIABLE, "")
    return (key.encode() if isinstance(key, str) else key) or None
