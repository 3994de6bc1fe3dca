"""The fit of session risk: it finds the features that tell attacks, and each set and family has its weight."""

import numpy as np
import pytest
from bench.detection_metrics import LabelledEvent
from bench.fit_behavior import Replayed, fit, rows_of, with_alert_line

from agentsentinel_core.behavior.sessions.combination import FEATURES, read_constants

PACE = FEATURES.index("SUSTAINED_PACE")


def replayed(seed=0):
    """Return 200 benign sessions, 20 whose second event is fast, and 40 of another family that are fast at once."""
    chance, events, features = np.random.default_rng(seed), [], []
    for number in range(260):
        family = None if number < 200 else "late" if number < 220 else "early"
        for place in range(2):
            is_attack = family == "early" or (family == "late" and place == 1)
            events.append(LabelledEvent(f"{number}-{place}", "a", f"{number}", family, is_attack))
            row = chance.exponential(1.0, len(FEATURES))
            row[FEATURES.index("UNGRANTED_TOOL")] = 0.0
            row[PACE] = chance.exponential(0.3) + 6 * is_attack
            features.append(row)
    return Replayed(events, np.array(features), [0.0] * len(events))


def test_events_before_an_attack_are_not_fitted_to_and_families_weigh_alike():
    rows = rows_of([replayed()])
    assert len(rows.is_attack) == 400 + 20 + 80
    assert rows.weights.sum() == pytest.approx(1.0)
    assert rows.weights[rows.is_attack].sum() == pytest.approx(0.5)
    assert sorted(np.unique(rows.weights[rows.is_attack].round(6))) == pytest.approx([0.25 / 80, 0.25 / 20])


def test_the_feature_that_tells_attacks_gets_the_weight_and_separates_others():
    constants = read_constants(fit(rows_of([replayed()])))
    other = replayed(seed=1)
    hazards = np.array([constants.hazard(list(row)) for row in other.features])
    is_attack = np.array([event.is_attack for event in other.events])
    assert hazards[is_attack].min() > np.quantile(hazards[~is_attack], 0.98)


def test_the_alert_line_is_above_nearly_all_benign_sessions():
    sets = [replayed()]
    document = with_alert_line(fit(rows_of(sets)), sets)
    constants = read_constants(document)
    benign = [constants.hazard(list(row)) for row in sets[0].features[:400]]
    flagged = sum(hazard / (1 + hazard) > document["alert_risk"] for hazard in benign)
    assert 0 < flagged <= 6
