"""Spans of time, as requests name them."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from agentsentinel.kit.durations import parse_duration

HOW = "say a time with its zone, such as 2026-11-30T14:00:00Z (in an address, write + as %2B), or how long ago: 24h, 7d"


YEARS = (1970, 9998)
"""Years of acceptable times; beyond them, arithmetic of times overflows."""


class TimeSpan(NamedTuple):
    """Times from `since` on and before `until`; None is without a bound."""

    since: datetime | None = None
    until: datetime | None = None


ALL_TIME = TimeSpan()


def parse_moment(text: str, now: datetime) -> datetime:
    """Parse a time in ISO 8601 with its zone, or a duration such as `24h`, which means that long before `now`.

    Raises ValueError for anything else.
    """
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and YEARS[0] <= moment.year <= YEARS[1]:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(HOW)


def within(column: InstrumentedAttribute[datetime], span: TimeSpan) -> list[ColumnElement[bool]]:
    """Build the conditions that a column lies in a span."""
    conditions = []
    if span.since is not None:
        conditions.append(column >= span.since)
    if span.until is not None:
        conditions.append(column < span.until)
    return conditions
