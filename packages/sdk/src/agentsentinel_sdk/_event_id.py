"""Event ids that carry their time, so that the server can store events in the order they happened."""

from __future__ import annotations

import os
import time

from agentsentinel_core.uuid7 import RANDOM_BITS, make_uuid7


def new_event_id() -> str:
    """Make a UUIDv7 in its usual 36-character form; unique between threads, processes and machines."""
    random_bits = int.from_bytes(os.urandom(8), "big") >> (64 - RANDOM_BITS)  # `random` repeats itself after a fork
    return str(make_uuid7(time.time(), random_bits))
