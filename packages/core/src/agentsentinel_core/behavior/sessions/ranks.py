"""How rare a strength is: its rank among those of an agent's sessions, shrunk to those of the whole fleet."""

import math
from itertools import accumulate

_BINS, _BINS_PER_UNIT = 400, 10
_FLEET_WEIGHT = 2
"""Sessions that the fleet counts as, beside the agent's own."""
KNEE_BITS, SLOPE = 7.5, 0.3
"""Bits beyond the knee count less: what never occurred is the rarer the more was learned, and would else become an
alarm by itself in an agent that has worked for long."""


class Histogram:
    """Counts of values from 0 to 40 in steps of a tenth; larger ones count as 40. Bounded."""

    __slots__ = ("_at_least", "_bins", "total")

    def __init__(self) -> None:
        self._bins = [0] * _BINS
        self._at_least: list[int] | None = None
        """Counts of each step and all higher ones, since they are asked for more often than values are added."""
        self.total = 0

    @classmethod
    def unpack(cls, bins: list[list[int]]) -> "Histogram":
        """Return the histogram of `pack`."""
        histogram = cls()
        for place, count in bins:
            histogram._bins[place] = count
            histogram.total += count
        return histogram

    def pack(self) -> list[list[int]]:
        """Return number and count of each step that has any."""
        return [[place, count] for place, count in enumerate(self._bins) if count]

    def add(self, value: float) -> None:
        """Count a value of 0 or more."""
        self._bins[_bin(value)] += 1
        self._at_least = None
        self.total += 1

    def at_least(self, value: float) -> int:
        """Return how many values were at least as high, those of the same step included."""
        if self._at_least is None:
            self._at_least = list(accumulate(reversed(self._bins)))[::-1]
        return self._at_least[_bin(value)]


def _bin(value: float) -> int:
    return min(_BINS - 1, int(value * _BINS_PER_UNIT))


def rank_bits(value: float, own: Histogram, fleet: Histogram) -> float:
    """Return -log2 of the share of sessions that were at least as strong: 0 when all were, 1 when half were.

    Beyond KNEE_BITS, a bit counts SLOPE.
    """
    in_fleet = (fleet.at_least(value) + 1) / (fleet.total + 1)
    share = (own.at_least(value) + _FLEET_WEIGHT * in_fleet) / (own.total + _FLEET_WEIGHT)
    bits = -math.log2(share)
    return min(bits, KNEE_BITS + SLOPE * (bits - KNEE_BITS))
