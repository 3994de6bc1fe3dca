"""Ranks of strengths: an agent's own sessions, shrunk to the fleet's."""

from agentsentinel_core.behavior.sessions.ranks import Histogram, rank_bits


def histogram(*values):
    counts = Histogram()
    for value in values:
        counts.add(value)
    return counts


def test_values_at_least_as_high_are_counted_and_huge_ones_too():
    counts = histogram(0.0, 1.0, 2.0, 1e9)
    assert [counts.at_least(value) for value in (0.0, 1.0, 1.5, 3.0, 1e6)] == [4, 3, 2, 1, 1]


def test_a_strength_that_every_session_reaches_says_nothing():
    common = histogram(*[1.0] * 20)
    assert rank_bits(1.0, common, common) == 0.0


def test_a_rarer_strength_has_more_bits():
    own = histogram(*[n / 10 for n in range(100)])
    bits = [rank_bits(value, own, own) for value in (0.0, 5.0, 9.0, 9.9, 20.0)]
    assert bits == sorted(bits)
    assert bits[0] == 0.0
    assert 0.9 < bits[1] < 1.1
    assert bits[-1] > 6


def test_an_agent_without_sessions_is_ranked_by_the_fleet():
    fleet = histogram(*[n / 10 for n in range(100)])
    assert 0.9 < rank_bits(5.0, Histogram(), fleet) < 1.1


def test_what_never_occurred_is_not_much_rarer_to_an_agent_that_has_learned_a_hundred_times_as_much():
    young, old = histogram(*[1.0] * 200), histogram(*[1.0] * 20_000)
    assert rank_bits(9.0, young, young) < rank_bits(9.0, old, old) < rank_bits(9.0, young, young) + 5
