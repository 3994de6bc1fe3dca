"""Ids of rows and events, and the time of the server's clock that they carry."""

import random
from datetime import UTC, datetime
from uuid import UUID

from agentsentinel_core.uuid7 import RANDOM_BITS, make_uuid7


def uuid7(at: float) -> UUID:
    """Generate an id of version 7 for this POSIX time in seconds (0 or later). It is unique, not secret."""
    return make_uuid7(at, random.getrandbits(RANDOM_BITS))


def now() -> datetime:
    """Return the current time of the server's clock, timezone-aware in UTC."""
    return datetime.now(UTC)
