"""Bounded counts of what was seen, and what they say about what was not."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

MAX_KEYS = 8_192
"""Distinct keys of one table; beyond it, those seen once are evicted: they say the least."""


class Counts(dict[K, int]):
    """How often each key was seen, 0 for one that never was. O(1) amortized for each; at most MAX_KEYS keys.

    A dictionary, since it is read some thirty times for each call that is judged. Change it by `add` only.
    """

    __slots__ = ("_max_keys", "singles", "total")

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        super().__init__()
        self._max_keys = max_keys
        self.singles = 0
        """Keys seen once."""
        self.total = 0
        """Sightings of all keys, evicted ones included."""

    @classmethod
    def restore(cls, counts: Mapping[K, int], total: int) -> "Counts[K]":
        """Return a table with these counts, of which `total` sightings were made."""
        table = cls()
        table.update(counts)
        table.total = total
        table.singles = sum(count == 1 for count in counts.values())
        return table

    def __missing__(self, key: K) -> int:
        return 0

    def add(self, key: K) -> None:
        """Count one sighting."""
        count = self[key]
        if not count and len(self) >= self._max_keys:
            self._evict()
        self[key] = count + 1
        self.singles += (count == 0) - (count == 1)
        self.total += 1

    @property
    def novelty_bits(self) -> float:
        """Bits of surprise that the next sighting is of a new key, by Good and Turing: 0 when each one so far was."""
        return -math.log2((self.singles + 0.5) / (self.total + 1.5))

    def _evict(self) -> None:
        least = min(self.values())
        for key in [key for key, count in self.items() if count <= least]:
            del self[key]
        self.singles = sum(count == 1 for count in self.values())


class Ngrams:
    """Probability of the next token after the two before it, interpolated by Witten and Bell.

    O(1) for each token. The tables of tokens that followed a context are bounded by MAX_KEYS pairs for each order.
    """

    ORDERS = 3

    __slots__ = ("_contexts", "_followers", "_pairs")

    def __init__(self) -> None:
        self._pairs: tuple[Counts[tuple[str, ...]], ...] = tuple(Counts() for _ in range(self.ORDERS))
        """Counts of a context with the token that followed, by the length of the context."""
        self._contexts: tuple[Counts[tuple[str, ...]], ...] = tuple(Counts() for _ in range(self.ORDERS))
        self._followers: tuple[Counts[tuple[str, ...]], ...] = tuple(Counts() for _ in range(self.ORDERS))
        """Distinct tokens that followed a context."""

    @classmethod
    def restore(cls, tables: Sequence[Sequence[Counts[tuple[str, ...]]]]) -> "Ngrams":
        """Return n-grams with these `tables`."""
        ngrams = cls()
        ngrams._pairs, ngrams._contexts, ngrams._followers = (tuple(one) for one in tables)
        return ngrams

    @property
    def tables(self) -> tuple[tuple[Counts[tuple[str, ...]], ...], ...]:
        """All counts: of pairs, contexts and followers, each by the length of the context."""
        return self._pairs, self._contexts, self._followers

    @property
    def vocabulary(self) -> int:
        """Number of distinct tokens seen."""
        return self._followers[0][()]

    def add(self, context: tuple[str, ...], token: str) -> None:
        """Count a token after its context, which is the tokens before it; only the last two matter."""
        for order in range(min(self.ORDERS, len(context) + 1)):
            last = context[len(context) - order :]
            pair = (*last, token)
            if not self._pairs[order][pair]:
                self._followers[order].add(last)
            self._pairs[order].add(pair)
            self._contexts[order].add(last)

    def probability(self, context: tuple[str, ...], token: str, base: float) -> float:
        """Return the probability of a token after its context; `base` is that of a token never seen by any order."""
        probability = base
        for order in range(min(self.ORDERS, len(context) + 1)):
            last = context[len(context) - order :]
            times = self._contexts[order][last]
            if not times:
                break
            followers = self._followers[order][last]
            pair = (*last, token)
            seen = min(times, self._pairs[order][pair])  # after an eviction, a context may have fewer
            probability = (seen + followers * probability) / (times + followers)
        return probability
