"""Reasons of session risk: the strongest first, in words that name the call."""

from agentsentinel_core.behavior.sessions.combination import FEATURES, read_constants
from agentsentinel_core.behavior.sessions.engine import RiskEngine
from agentsentinel_core.behavior.sessions.fitted import FITTED
from agentsentinel_core.behavior.sessions.reasons import MOST_REASONS, top_reasons
from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS
from agentsentinel_core.behavior.sessions.session import Session, call_of
from core.behavior.sessions.sessions import MONDAY_NOON, calls, known, session

CONSTANTS = read_constants(FITTED)


def test_a_tool_that_was_not_granted_comes_first_and_is_named():
    engine = RiskEngine(CONSTANTS, explains=True)
    judged = engine.judge("a", "office", "s", call_of("wipe_disk", MONDAY_NOON, is_granted=False))
    first, *others = judged.session.reasons
    assert first.detector == "UNGRANTED_TOOL"
    assert first.message == "wipe_disk is not among the tools that the agent was granted"
    assert len(others) < MOST_REASONS
    assert all(first.share >= other.share for other in others)


def test_reasons_are_those_of_the_call_at_which_the_risk_was_highest():
    engine = RiskEngine(CONSTANTS, explains=True)
    for call in calls(["get_file"] * 6, gap=0.05):
        judged = engine.judge("a", "office", "s", call)
    fast = judged.session.reasons
    assert fast[0].detector == "SUSTAINED_PACE"
    assert engine.judge("a", "office", "s", call_of("get_file", MONDAY_NOON + 100)).session.reasons == fast


def test_an_engine_that_does_not_explain_has_no_reasons():
    assert RiskEngine(CONSTANTS).judge("a", "", "s", call_of("get_file", MONDAY_NOON)).session.reasons == []


def test_every_detector_explains_itself_at_the_first_call_and_at_a_later_one():
    call = call_of("send_email", MONDAY_NOON + 60)
    for running in (Session(MONDAY_NOON, len(SESSION_DETECTORS)), session(["get_file", "find_file"])):
        for detector in SESSION_DETECTORS:
            assert len(detector.explain(call, running, known(session(["get_file"])))) > len(detector.id) / 2


def test_features_at_their_lowest_give_no_more_than_three_reasons():
    features = [0.0] * len(FEATURES)
    made = top_reasons(CONSTANTS, features, {detector.id: "so" for detector in SESSION_DETECTORS})
    assert len(made) <= MOST_REASONS


def test_a_reason_names_the_call_that_was_the_strongest_and_not_the_last_one():
    engine = RiskEngine(CONSTANTS, explains=True)
    engine.judge("a", "office", "s", call_of("wipe_disk", MONDAY_NOON, is_granted=False))
    for place in range(1, 6):
        judged = engine.judge("a", "office", "s", call_of(f"tool_{place}", MONDAY_NOON + place / 10))
    said = {reason.detector: reason.message for reason in judged.session.reasons}
    assert said["UNGRANTED_TOOL"].startswith("wipe_disk is not among")
