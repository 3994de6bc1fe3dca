"""The combination: hazards add up, no strength lowers the risk, and constants are checked."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.sessions.combination import FEATURES, read_constants, risk_of, softplus
from agentsentinel_core.behavior.sessions.fitted import FITTED

CONSTANTS = read_constants(FITTED)
features = st.lists(st.floats(0, 50), min_size=len(FEATURES), max_size=len(FEATURES))


def test_the_shipped_constants_are_complete():
    assert {mechanism.name for mechanism in CONSTANTS.mechanisms} >= {"pace", "repetition", "hour", "flow", "order"}
    assert 0 < CONSTANTS.alert_risk < 1


@given(features, st.integers(0, len(FEATURES) - 1), st.floats(0, 10))
def test_a_stronger_feature_never_lowers_the_risk(values, index, more):
    raised = list(values)
    raised[index] += more
    assert CONSTANTS.hazard(raised) >= CONSTANTS.hazard(values) - 1e-9


@given(features)
def test_contributions_add_up_to_the_hazard_with_the_highest_first(values):
    shares = list(CONSTANTS.contributions(values).values())
    assert sum(shares) == pytest.approx(CONSTANTS.hazard(values))
    assert shares == sorted(shares, reverse=True)


def test_a_tool_that_was_not_granted_is_above_the_alert_line_by_itself():
    values = [0.0] * len(FEATURES)
    values[FEATURES.index("UNGRANTED_TOOL")] = 1.0
    assert risk_of(CONSTANTS.hazard(values)) > CONSTANTS.alert_risk


def test_risk_rises_without_ties_and_stays_below_one():
    risks = [risk_of(hazard) for hazard in (0.0, 0.5, 1.0, 50.0, 51.0, 400.0)]
    assert risks == sorted(set(risks))
    assert (risks[0], risks[-1] < 1) == (0.0, True)


def test_softplus_does_not_overflow():
    assert softplus(1000.0) == 1000.0
    assert softplus(-1000.0) == 0.0


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [("feature", "NONE", "there is no feature"), ("deviation", 0, "a deviation above 0"), ("weight", -1, "at least 0")],
)
def test_wrong_constants_are_refused(name, value, complaint):
    document = copy.deepcopy(FITTED)
    document["mechanisms"][0]["weights"][0][name] = value
    with pytest.raises(ValueError, match=complaint):
        read_constants(document)


@pytest.mark.parametrize("document", [{}, {"mechanisms": 1}, {"mechanisms": [{}]}, []])
def test_what_is_not_constants_is_refused(document):
    with pytest.raises(ValueError, match="not constants"):
        read_constants(document)


def test_a_larger_alert_budget_lowers_the_alert_line():
    constants = read_constants(FITTED)
    lines = [constants.alert_line(budget) for budget in (0.1, 1, 3, 10, 15, 60, 100, 900)]
    assert lines == sorted(lines, reverse=True)
    assert constants.alert_line(10) == constants.alert_risk
    assert constants._replace(alert_lines=()).alert_line(50) == constants.alert_risk
