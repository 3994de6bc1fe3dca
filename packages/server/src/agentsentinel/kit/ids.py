"""UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits, so that ids sort by time."""

import os
import uuid
from datetime import UTC, datetime

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM = (1 << 62) - 1


def uuid7(at: float) -> uuid.UUID:
    """A new id for this POSIX time in seconds (0 or later).

    The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562, 6.2, method 3), so that ids
    of one process sort as their times do, to a quarter of a microsecond.
    """
    ticks = int(at * 4_096_000)
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM
    return uuid.UUID(int=(ticks >> 12) << 80 | _VERSION | (ticks & 0xFFF) << 64 | _VARIANT | random)


def uuid7_seconds(value: uuid.UUID) -> float:
    """The POSIX time in seconds that a version 7 id carries."""
    return (value.int >> 80) / 1000


def uuid7_floor(at: datetime) -> uuid.UUID:
    """The smallest id of this time: every id made earlier sorts before it."""
    return uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | _VERSION | _VARIANT)


def now() -> datetime:
    """The server's clock: aware, UTC."""
    return datetime.now(UTC)
