"""Rate limit of failed attempts: a token bucket for each address, refilled over a minute."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60.0
MOST_ADDRESSES = 10_000
"""Addresses kept, about 2 MB together; beyond that, the buckets of those that failed longest ago are evicted."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class FailureLimiter:
    """Token bucket of failures for each address; the failures allowed in a minute may also come at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Return how many addresses have a bucket."""
        return len(self._buckets)

    def is_over(self, address: str) -> bool:
        """Tell whether this address has used up its failures."""
        bucket = self._buckets.get(address)
        return bucket is not None and self._fill(bucket) < 1.0

    def fail(self, address: str) -> float:
        """Count a failure; return 0, or if it was over the limit, the seconds until another one is allowed."""
        bucket = self._bucket(address)
        tokens = self._fill(bucket)
        if tokens < 1.0:
            return (1.0 - tokens) * MINUTE / self._size
        bucket.tokens -= 1.0
        return 0.0

    def take(self, address: str, failures: int) -> None:
        """Count failures that another server has seen."""
        bucket = self._bucket(address)
        bucket.tokens = max(0.0, self._fill(bucket) - failures)

    def _bucket(self, address: str) -> _Bucket:
        """Return the bucket of an address, a full one if it has none yet; it is evicted last."""
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = _Bucket(self._size, self._clock())
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(address)
        return bucket

    def _fill(self, bucket: _Bucket) -> float:
        now = self._clock()
        bucket.tokens = min(self._size, bucket.tokens + (now - bucket.filled_at) * self._size / MINUTE)
        bucket.filled_at = now
        return bucket.tokens
