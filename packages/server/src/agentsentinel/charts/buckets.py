"""Buckets of charts: parts of equal length into which the server divides a span of time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86_400
MOST_BUCKETS = 60
"""Buckets that a chart of a screen's width can show; one more when a span begins within one."""
_STEPS = (MINUTE, 2 * MINUTE, HOUR, 3 * HOUR, DAY, 7 * DAY)
_MONDAY = 4 * DAY
"""Begin of a week, in seconds since the epoch."""
MINUTES_KEPT = timedelta(hours=24)
"""Age up to which calls are counted by the minute."""


class Buckets(NamedTuple):
    """Whole buckets that cover a span: `number` of them, each `seconds` long, from `first` on (POSIX seconds)."""

    first: int
    seconds: int
    number: int

    @property
    def end(self) -> int:
        """End of the last one, in POSIX seconds."""
        return self.first + self.seconds * self.number

    @property
    def since(self) -> datetime:
        """Begin of the first one."""
        return datetime.fromtimestamp(self.first, UTC)

    @property
    def until(self) -> datetime:
        """End of the last one."""
        return datetime.fromtimestamp(self.end, UTC)

    def starts(self) -> Sequence[int]:
        """Return the begin of each, in POSIX seconds."""
        return range(self.first, self.end, self.seconds)


def divide(since: datetime, until: datetime, now: datetime, *, finest: int = HOUR) -> Buckets:
    """Divide a span into at most `MOST_BUCKETS` + 1 buckets that begin at whole minutes, hours, days or Mondays (UTC).

    Buckets shorter than an hour, which only a `finest` of a minute allows, are for spans of the last 24 hours.
    """
    seconds = int((until - since).total_seconds())
    steps = [step for step in _STEPS if step >= (HOUR if since < now - MINUTES_KEPT else finest)]
    step = next((one for one in steps if seconds <= one * MOST_BUCKETS), steps[-1])
    first = (int(since.timestamp()) - _MONDAY) // step * step + _MONDAY
    number = -(-(until.timestamp() - first) // step)
    return Buckets(first, step, max(1, int(number)))
