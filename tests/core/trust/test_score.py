"""The worked examples of the score, and its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.score import behavior_score
from agentsentinel_core.trust.score import recency_bonus, trust_score

percent = st.floats(0, 100)


@pytest.mark.parametrize(
    ("posture", "calls", "anomaly_sum", "events", "trust", "band"),
    [
        (100, 6, 3 * 0.9, 6, 79.75, "WATCH"),
        (55, 30, 5 * 0.9 + 25 * 0.7, 30, 46.75, "ALERT"),
        (100, 5, 5 * 0.9, 5, 59.5, "ALERT"),
        (100, 3, 3 * 0.9, 3, 49.5, "ALERT"),
        (100, 0, 0.0, 0, 67.5, "WATCH"),
    ],
)
def test_worked_examples(posture: float, calls: int, anomaly_sum: float, events: int, trust: float, band: str) -> None:
    score = trust_score(posture, behavior_score(calls, anomaly_sum), recency_bonus(events))
    assert (score.trust, score.band.value) == (trust, band)


@pytest.mark.parametrize(("events", "points"), [(0, 0), (4, 0), (5, 10), (500, 10)])
def test_recency_needs_five_events(events: int, points: float) -> None:
    assert recency_bonus(events) == points


@given(percent, percent, st.sampled_from([0.0, 10.0]))
def test_trust_stays_in_range_with_two_decimals(posture: float, behavior: float, recency: float) -> None:
    score = trust_score(posture, behavior, recency).trust
    assert 0 <= score <= 100
    assert score == round(score, 2)


@given(percent, percent, percent, st.sampled_from([0.0, 10.0]))
def test_a_worse_part_never_raises_trust(one: float, other: float, behavior: float, recency: float) -> None:
    low, high = sorted((one, other))
    assert trust_score(low, behavior, recency).trust <= trust_score(high, behavior, recency).trust
    assert trust_score(behavior, low, recency).trust <= trust_score(behavior, high, recency).trust


@given(st.integers(1, 1_000_000), st.floats(0, 1))
def test_behavior_stays_in_range_and_falls_with_anomaly(calls: int, mean: float) -> None:
    score = behavior_score(calls, calls * mean)
    assert 0 <= score <= 100
    assert behavior_score(calls, calls * min(1.0, mean + 0.1)) <= score
