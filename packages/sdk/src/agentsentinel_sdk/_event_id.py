"""Event ids that carry their time, so that the server can store events in the order they happened.

RFC 9562 section 5.7 (UUID version 7): 48 bits of Unix milliseconds, then 74 random bits. Python has its own from 3.14.
"""

from __future__ import annotations

import os
import time
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT_RFC = 0b10 << 62


def new_event_id() -> str:
    """Make a UUIDv7 in its usual 36-character form; unique between threads, processes and machines."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    random = int.from_bytes(os.urandom(10), "big")
    random_a = random >> 68 << 64  # 12 bits, just above the variant
    random_b = random & (1 << 62) - 1
    return str(uuid.UUID(int=milliseconds << 80 | _VERSION_7 | random_a | _VARIANT_RFC | random_b))
