"""Query parameters that select a span of time."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query

from agentsentinel.errors import Invalid
from agentsentinel.kit.ids import now
from agentsentinel.kit.text import Text
from agentsentinel.kit.time_spans import TimeSpan, parse_moment

LONGEST = timedelta(days=400, minutes=1)
"""Longest span of a chart: as long as scores and rollups are kept, and the time that it takes to read `400d`."""
FORMS = "a time in ISO 8601 with its zone, or how long ago: 24h, 7d"
Moment = Annotated[Text | None, Query(max_length=64, description=f"From this time on: {FORMS}")]
EndMoment = Annotated[Text | None, Query(max_length=64, description=f"Before this time: {FORMS}")]


def read_span(since: Moment = None, until: EndMoment = None) -> TimeSpan:
    """Read `since` and `until`. Raises Invalid for what is not a time, and for a span that ends before it begins."""
    moment = now()
    span = TimeSpan(_parse("since", since, moment), _parse("until", until, moment))
    if span.since is not None and span.until is not None and span.until <= span.since:
        raise Invalid("until: must be later than since")
    return span


Times = Annotated[TimeSpan, Depends(read_span)]
"""The span of time of a request; without a bound where a parameter is absent."""


def bounded(span: TimeSpan, length: timedelta, longest: timedelta = LONGEST) -> tuple[datetime, datetime]:
    """Return both ends of a span: until now where it has no end, and of this length where it has no beginning.

    Raises Invalid for a span that is longer than `longest`, and for one that ends before it begins.
    """
    until = span.until or now()
    since = span.since or until - length
    if until <= since:
        raise Invalid("until: must be later than since")
    if until - since > longest:
        raise Invalid(f"since: at most {longest.days} days before until")
    return since, until


def _parse(name: str, text: str | None, moment: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_moment(text, moment)
    except ValueError as error:
        raise Invalid(f"{name}: {error}") from None
