"""Digests of tool inputs and outputs: what leaves the agent's process instead of the data itself.

The rules are core's, since a server that is sent spans must come to the same digests.
"""

from agentsentinel_core.hashing import DEEPEST_LEVEL, MOST_NODES, canonical_json, hash_payload, hash_text

__all__ = ["DEEPEST_LEVEL", "MOST_NODES", "canonical_json", "hash_payload", "hash_text"]
