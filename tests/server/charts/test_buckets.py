"""Buckets of charts cover the span, are few, and begin at round times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.charts.buckets import DAY, HOUR, MINUTE, MOST_BUCKETS, divide

NOW = datetime(2026, 11, 30, 14, 20, 11, tzinfo=UTC)


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_buckets_cover_the_span_and_no_chart_has_more_than_fit(length: timedelta, age: timedelta) -> None:
    until = NOW - age
    buckets = divide(until - length, until, NOW, finest=MINUTE)
    assert 1 <= len(buckets.starts()) == buckets.number <= MOST_BUCKETS + 1
    assert buckets.since <= until - length < buckets.since + timedelta(seconds=buckets.seconds)
    assert buckets.until - timedelta(seconds=buckets.seconds) < until <= buckets.until
    assert buckets.first % min(buckets.seconds, DAY) == 0


@pytest.mark.parametrize(
    ("length", "seconds"),
    [
        (timedelta(hours=1), MINUTE),
        (timedelta(hours=2), 2 * MINUTE),
        (timedelta(hours=3), HOUR),
        (timedelta(hours=24), HOUR),
        (timedelta(days=7), 3 * HOUR),
        (timedelta(days=30), DAY),
        (timedelta(days=400), 7 * DAY),
    ],
    ids=str,
)
def test_the_span_chooses_the_length_of_a_bucket(length: timedelta, seconds: int) -> None:
    assert divide(NOW - length, NOW, NOW, finest=MINUTE).seconds == seconds


def test_minutes_are_for_those_who_have_them_and_only_while_they_are_kept() -> None:
    hour = timedelta(hours=1)
    assert divide(NOW - hour, NOW, NOW).seconds == HOUR
    assert divide(NOW - 25 * hour, NOW - 24 * hour, NOW, finest=MINUTE).seconds == HOUR
    assert divide(NOW - 24 * hour, NOW - 23 * hour, NOW, finest=MINUTE).seconds == MINUTE


def test_weeks_begin_on_mondays() -> None:
    assert divide(NOW - timedelta(days=300), NOW, NOW).since.weekday() == 0
