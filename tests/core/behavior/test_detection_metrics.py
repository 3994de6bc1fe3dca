"""The figures of the bench, held to numbers worked out by hand."""

import math

import pytest
from bench.detection_metrics import LabelledEvent, ScoredSession, auroc, measure, sessions_of, threshold


def benign(*scores):
    return ScoredSession(None, scores, ())


def attacked(family, *scores):
    return ScoredSession(family, scores, scores[:1])


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([2, 3], [0, 1], 1.0),
        ([0, 1], [2, 3], 0.0),
        ([1], [1], 0.5),
        ([1, 3], [0, 2], 0.75),
        ([0.9, 0.9], [0.9, 0.1], 0.75),
    ],
)
def test_auroc_is_the_share_of_pairs_in_order_with_half_of_the_ties(positive, negative, expected):
    assert auroc(positive, negative) == expected


def test_auroc_of_one_kind_alone_is_unknown():
    assert math.isnan(auroc([1], []))
    assert math.isnan(auroc([], [1]))


def test_a_threshold_is_above_the_first_benign_score_that_may_not_be_flagged():
    scores = [n / 100 for n in range(100)]
    assert 0.98 < threshold(scores, 0.01) < 0.98001
    assert 0.94 < threshold(scores, 0.05) < 0.94001
    assert threshold([0.9] * 100, 0.01) > 0.9
    assert threshold([1, 2], 1.0) == -math.inf


def test_an_alarm_before_the_attack_does_not_count():
    events = [
        LabelledEvent("1", "a", "s", "burst", False),
        LabelledEvent("2", "a", "s", "burst", True),
        LabelledEvent("3", "a", "s", "burst", False),
    ]
    [session] = sessions_of(events, {"1": 0.9, "2": 0.2, "3": 0.4})
    assert (session.score, session.attack_scores) == (0.4, [0.2])


def test_events_of_two_agents_are_not_one_session_and_a_missing_score_is_nought():
    events = [LabelledEvent("1", "a", "s", None, False), LabelledEvent("2", "b", "s", None, False)]
    assert [session.score for session in sessions_of(events, {"1": 0.5})] == [0.5, 0.0]


def test_families_share_one_threshold_and_count_alike_in_the_macro_share():
    quiet = [benign(n / 100) for n in range(100)]
    figures = measure([*quiet, attacked("loop", 0.1, 0.5, 1.0), attacked("burst", 0.97), attacked("burst", 0.2)])
    assert (figures.benign, figures.attacked) == (100, 3)
    assert figures.caught == (1 / 3, 2 / 3)
    assert figures.families["burst"].caught == (0.0, 0.5)
    assert figures.families["loop"].caught == (1.0, 1.0)
    assert figures.macro == (0.5, 0.75)
    assert figures.events_to_detect == 2
    assert figures.auroc == pytest.approx((100 + 97.5 + 20.5) / 300)
    assert figures.event_auroc == pytest.approx((10.5 + 97.5 + 20.5) / 300)
