"""What is normal, and how far from it is too far."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.baseline import SESSION_SPREAD, Baseline, build_baseline, learned_baseline


def test_hours_without_a_call_are_no_samples() -> None:
    assert build_baseline([0, 4, 0, 6]) == learned_baseline(mean=5.0, stddev=1.0, sample_count=2)


def test_without_an_active_hour_there_is_no_baseline() -> None:
    assert build_baseline([0, 0]) is None


def test_a_single_sample_is_never_exceeded() -> None:
    assert Baseline(6.0, 0.0, 1).limit(2.0) == math.inf


@pytest.mark.parametrize(("mean", "spread"), [(0.5, 1.0), (1.0, 1.0), (9.0, 3.0)])
def test_no_spread_is_taken_for_that_of_a_poisson_process(mean: float, spread: float) -> None:
    assert Baseline(mean, 0.0, 2).limit(2.0) == mean + 2 * spread


def test_a_new_hour_may_differ_by_the_sessions_it_holds_and_by_how_few_hours_were_seen() -> None:
    spread = math.hypot(2.0, SESSION_SPREAD)
    assert learned_baseline(10.0, 2.0, 2).limit(2.0) == pytest.approx(10 + 2 * spread * math.sqrt(1.5))
    assert learned_baseline(10.0, 2.0, 100).limit(3.0) == pytest.approx(10 + 3 * spread * math.sqrt(1.01))


def test_a_learned_baseline_of_one_hour_is_never_exceeded() -> None:
    assert learned_baseline(6.0, 0.0, 1).limit(3.0) == math.inf


@pytest.mark.parametrize(("sigmas", "limit"), [(2.0, 3.0), (3.0, 4.0)])
def test_a_mean_and_a_deviation_of_one_allow_three_and_four_calls(sigmas: float, limit: float) -> None:
    assert Baseline(1.0, 1.0, 24).limit(sigmas) == limit


@given(st.lists(st.integers(0, 10_000), max_size=168))
def test_the_order_of_hours_is_irrelevant_and_the_mean_lies_between_them(hours: list[int]) -> None:
    baseline = build_baseline(hours)
    assert baseline == build_baseline(sorted(hours))
    if baseline is not None:
        active = [hour for hour in hours if hour]
        assert min(active) <= baseline.mean <= max(active)
        assert baseline.sample_count == len(active)
        assert 0 <= baseline.stddev <= max(active)
