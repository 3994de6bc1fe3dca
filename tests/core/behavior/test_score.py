"""The behaviour score: a mean, however its sum was added up."""

import random

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.score import HALF_LIFE_HOURS, UNKNOWN_SCORE, behavior_score, decayed_risk

scores = st.lists(st.integers(0, 100).map(lambda hundredths: hundredths / 100), min_size=1, max_size=200)


def test_an_agent_that_never_called_is_unknown() -> None:
    assert behavior_score(0, 0.0) == UNKNOWN_SCORE


def test_a_half_is_rounded_alike_whichever_way_the_sum_errs() -> None:
    assert behavior_score(16, 6.9 - 1e-15) == behavior_score(16, 6.9 + 1e-15) == 56.88


@given(scores, st.randoms(use_true_random=False))
def test_the_order_in_which_calls_are_added_does_not_matter(one: list[float], chance: random.Random) -> None:
    other = one.copy()
    chance.shuffle(other)
    assert behavior_score(len(one), sum(one)) == behavior_score(len(other), sum(other))
    assert 0.0 <= behavior_score(len(one), sum(one)) <= 100.0


def test_the_larger_of_mean_anomaly_and_risk_counts() -> None:
    assert behavior_score(10, 2.0, 0.9) == 10.0
    assert behavior_score(10, 2.0, 0.1) == behavior_score(10, 2.0) == 80.0
    assert behavior_score(0, 0.0, 0.9) == UNKNOWN_SCORE


def test_risk_halves_with_time_and_several_sessions_weigh_more_than_one() -> None:
    assert decayed_risk([]) == 0.0
    assert decayed_risk([(0.9, 0.0)]) == decayed_risk([(0.9, -1.0)])
    assert round(decayed_risk([(0.9, HALF_LIFE_HOURS)]), 6) == 0.45
    assert decayed_risk([(0.9, 5.0)]) < decayed_risk([(0.9, 5.0), (0.9, 30.0)]) < 1.0
