"""How often somebody may fail: a bucket of tokens for each address, refilled over a minute."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60.0
MOST_ADDRESSES = 10_000
"""Together about two megabytes. When there are more, those that failed longest ago start anew."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class FailureLimiter:
    """Counts failures by address; as many as are allowed in a minute may come at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Addresses that are remembered."""
        return len(self._buckets)

    def is_over(self, address: str) -> bool:
        """Whether this address has no failure left."""
        bucket = self._buckets.get(address)
        return bucket is not None and self._fill(bucket) < 1.0

    def fail(self, address: str) -> float:
        """Count a failure; returns 0, or the seconds until another one is allowed when it was one too many."""
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = _Bucket(self._size, self._clock())
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(address)
        tokens = self._fill(bucket)
        if tokens < 1.0:
            return (1.0 - tokens) * MINUTE / self._size
        bucket.tokens -= 1.0
        return 0.0

    def _fill(self, bucket: _Bucket) -> float:
        now = self._clock()
        bucket.tokens = min(self._size, bucket.tokens + (now - bucket.filled_at) * self._size / MINUTE)
        bucket.filled_at = now
        return bucket.tokens
