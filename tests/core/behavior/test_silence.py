"""Silence: agents of usual rhythms raise no alarm while they work, and are missed soon after they stop."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.silence import (
    DEFAULT_LAW,
    HOUR_SECONDS,
    SLICE_SECONDS,
    SLICES_OF_WEEK,
    SilenceLaw,
    percentile,
    report_deadline,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEKS = 6
HOUR = timedelta(hours=1)
Reports = list[datetime]


def on_each_day(days: range | tuple[int, ...], *minutes: int) -> Reports:
    """Return reports on these days after MONDAY, so many minutes after midnight."""
    return sorted(MONDAY + timedelta(days=day, minutes=minute) for day in days for minute in minutes)


WORKDAYS = tuple(day for day in range(7 * WEEKS) if day % 7 < 5)
OFFICE = on_each_day(WORKDAYS, *range(9 * 60, 17 * 60, 12))
"""Forty sessions from nine to five, twelve minutes apart."""
OFFICE_WITHOUT_PAUSE = on_each_day(WORKDAYS, *range(9 * 60, 17 * 60, 4))
HOURLY = on_each_day(range(7 * WEEKS), *range(0, 24 * 60, 60))
NIGHTLY = on_each_day(range(7 * WEEKS), 120, 124, 128)
NIGHTLY_IN_BURSTS = on_each_day(range(7 * WEEKS), *range(120, 180, 11))
WEEKLY = on_each_day(range(0, 7 * WEEKS, 7), 300)
WEEKLY_IN_BURSTS = on_each_day(range(0, 7 * WEEKS, 7), *range(120, 310, 9))
IN_BLOCKS = sorted(
    MONDAY + timedelta(hours=5 * block, minutes=minute) for block in range(33 * WEEKS) for minute in range(0, 120, 4)
)
"""Two hours of work, three hours of pause, around the clock."""
CONSTANT = on_each_day(range(7 * WEEKS), *range(0, 24 * 60, 3))


def deadline_after(reports: Reports, law: SilenceLaw = DEFAULT_LAW) -> datetime:
    """Return the deadline of an agent that has made these reports."""
    active = sorted({int(at.timestamp()) // SLICE_SECONDS for at in reports})
    return datetime.fromtimestamp(report_deadline(active, reports[-1].timestamp(), law), UTC)


def alarms(reports: Reports) -> Iterator[datetime]:
    """Yield the deadlines that passed although the agent reported later; looked at where it had paused."""
    for number, (before, after) in enumerate(pairwise(reports), 1):
        if after - before >= HOUR and (deadline := deadline_after(reports[:number])) <= after:
            yield deadline


@pytest.mark.parametrize(
    "reports",
    [OFFICE, OFFICE_WITHOUT_PAUSE, HOURLY, NIGHTLY, NIGHTLY_IN_BURSTS, IN_BLOCKS, CONSTANT],
    ids=["nine to five", "nine to five, busy", "hourly", "nightly", "nightly in bursts", "in blocks", "always"],
)
def test_an_agent_that_keeps_its_rhythm_is_never_silent(reports: Reports) -> None:
    assert list(alarms(reports)) == []


@pytest.mark.parametrize("reports", [WEEKLY, WEEKLY_IN_BURSTS], ids=["weekly", "weekly in bursts"])
def test_a_weekly_job_is_silent_once_in_its_first_week_and_never_again(reports: Reports) -> None:
    assert len(list(alarms(reports))) == 1
    assert next(alarms(reports)) < MONDAY + timedelta(days=3)


@pytest.mark.parametrize(
    ("reports", "latest"),
    [
        (CONSTANT, 1 * HOUR),
        (HOURLY, 3 * HOUR),
        (NIGHTLY, 36 * HOUR),
        (NIGHTLY_IN_BURSTS, 36 * HOUR),
        (WEEKLY, 10.5 * 24 * HOUR),
        (WEEKLY_IN_BURSTS, 10.5 * 24 * HOUR),
    ],
    ids=["always", "hourly", "nightly", "nightly in bursts", "weekly", "weekly in bursts"],
)
def test_an_agent_that_stops_is_silent_in_proportion_to_its_pauses(reports: Reports, latest: timedelta) -> None:
    assert timedelta(0) < deadline_after(reports) - reports[-1] <= latest


@pytest.mark.parametrize("reports", [OFFICE, OFFICE_WITHOUT_PAUSE], ids=["with pauses", "without"])
def test_work_of_office_hours_that_stops_at_ten_is_missed_at_eleven_and_at_five_next_morning(reports: Reports) -> None:
    week = timedelta(days=7 * (WEEKS - 1))
    until_ten = [at for at in reports if at <= MONDAY + week + 10 * HOUR]
    until_five = [at for at in reports if at <= MONDAY + week + 17 * HOUR]
    assert deadline_after(until_ten) == MONDAY + week + 11 * HOUR
    assert MONDAY + week + (24 + 10) * HOUR < deadline_after(until_five) <= MONDAY + week + (24 + 11) * HOUR


def test_a_long_weekend_of_an_agent_of_office_hours_ends_on_its_next_working_day() -> None:
    friday = [at for at in OFFICE if at < MONDAY + timedelta(days=5 + 7 * (WEEKS - 2))]
    assert timedelta(days=2) < deadline_after(friday) - friday[-1] < timedelta(days=3)


def test_clocks_that_are_put_back_raise_no_alarm() -> None:
    later = [at if at < MONDAY + timedelta(days=20) else at + HOUR for at in OFFICE]
    assert list(alarms(later)) == []


def test_work_at_random_times_of_office_hours_raises_hardly_any_alarm() -> None:
    """Five sessions a day: 100 agents for six weeks, whose nights are a fifth of all pauses."""
    agents = 100
    found = 0
    for seed in range(agents):
        chance = Random(seed)
        found += len(list(alarms(sorted({at for day in WORKDAYS for at in _random_day(day, chance)}))))
    assert found < agents / 20


def _random_day(day: int, chance: Random) -> Reports:
    return on_each_day((day,), *chance.sample(range(9 * 60, 17 * 60), 5))


def test_an_agent_that_has_reported_in_fewer_than_twenty_hours_may_wait_a_day() -> None:
    reports = on_each_day((0, 1), 600, 660)
    assert deadline_after(reports[:1]) == reports[0] + 24 * HOUR
    assert deadline_after(reports) == reports[-1] + 1.5 * 23 * HOUR


def test_an_agent_of_less_than_a_week_is_not_expected_on_its_first_weekend() -> None:
    friday = on_each_day((4,), 600)
    assert deadline_after(friday) == friday[-1] + (48 + 24) * HOUR
    saturday = on_each_day((4, 5), 600)
    assert deadline_after(saturday) == saturday[-1] + 36 * HOUR


def test_an_outage_does_not_make_the_agent_wait_longer_next_time() -> None:
    outage = [at for at in CONSTANT if not 2 * HOUR < at - MONDAY - timedelta(days=35) < 12 * HOUR]
    busy = [at for at in outage if (at - MONDAY) // timedelta(minutes=3) % 10 < 8]
    assert deadline_after(busy) - busy[-1] <= 1 * HOUR


def test_an_agent_that_has_no_activity_on_record_may_wait_a_day() -> None:
    assert report_deadline([], 0.0) == 24 * HOUR_SECONDS


def test_the_percentile_is_by_nearest_rank_and_zero_of_nothing() -> None:
    assert percentile([]) == 0.0
    assert percentile([3.0, 1.0]) == 3.0
    assert percentile(range(1, 101)) == 95


slices = st.lists(st.integers(5_900_000, 5_900_000 + 4 * SLICES_OF_WEEK), min_size=1, unique=True).map(sorted)


@given(slices, st.floats(1, 100), st.floats(HOUR_SECONDS, 100 * HOUR_SECONDS))
def test_the_deadline_is_at_least_the_least_and_moves_by_a_week_with_all_that_happened(
    active: list[int], factor: float, least: float
) -> None:
    law = SilenceLaw(factor, least, max(least, DEFAULT_LAW.sparse_seconds))
    last_at = float(active[-1] * SLICE_SECONDS + 7)
    deadline = report_deadline(active, last_at, law)
    assert deadline >= last_at + least - 1e-3
    later = [number + SLICES_OF_WEEK for number in active]
    week = SLICES_OF_WEEK * SLICE_SECONDS
    assert report_deadline(later, last_at + week, law) == pytest.approx(deadline + week, abs=1e-3)


@given(slices, st.floats(0, 7 * 24 * HOUR_SECONDS), st.floats(1, 10))
def test_a_later_report_or_a_larger_factor_never_makes_the_deadline_earlier(
    active: list[int], later: float, factor: float
) -> None:
    last_at = float(active[-1] * SLICE_SECONDS)
    deadline = report_deadline(active, last_at, SilenceLaw(factor))
    assert report_deadline(active, last_at + later, SilenceLaw(factor)) >= deadline - 1e-3 - DEFAULT_LAW.least_seconds
    assert report_deadline(active, last_at, SilenceLaw(factor + 1)) >= deadline - 1e-3
