"""Storing the engine's state: what comes back judges as before, whenever it was stored."""

import json
from random import Random

import pytest

from agentsentinel_core.behavior.sessions import state
from agentsentinel_core.behavior.sessions.combination import read_constants
from agentsentinel_core.behavior.sessions.engine import LEARNING_DELAY_SECONDS, RiskEngine
from agentsentinel_core.behavior.sessions.fitted import FITTED
from agentsentinel_core.behavior.sessions.session import call_of
from core.behavior.sessions.sessions import MONDAY_NOON

CONSTANTS = read_constants(FITTED)
TOOLS = ["find_file", "get_file", "send_email", "get_calendar", "get_secrets"]


def stream(events, seed):
    """Return events of a few overlapping sessions over three weeks: id and call."""
    chance, at = Random(seed), MONDAY_NOON
    for number in range(events):
        at += chance.choice([0.3, 2.0, 5.0, 5.0, 400.0, 7_000.0])
        session_id = chance.choice([None, f"s-{number // 9}", f"s-{number // 9}", f"new-{number}"])
        tool = TOOLS[min(int(chance.expovariate(0.8)), len(TOOLS) - 1)]
        yield session_id, call_of(tool, at, argument=str(chance.randrange(3)), is_granted=chance.random() > 0.01)


def reopened(engine):
    """Return a new engine with what another one has stored."""

    def stored(plain):
        return json.loads(json.dumps(plain))

    fresh = RiskEngine(CONSTANTS, explains=True)
    agent = engine.agents["a"]
    parts = stored(state.pack_open(agent)), stored(state.pack_learned(agent))
    fresh.agents["a"] = state.unpack_agent("office", *parts)
    fresh.peers["office"] = state.unpack_profile(stored(state.pack_profile(engine.peers["office"])))
    fresh.fleet = state.unpack_fleet(stored(state.pack_fleet(engine.fleet)))
    return fresh


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_that_is_stored_and_reopened_at_any_time_gives_the_same_risks_and_reasons(seed):
    steady = RiskEngine(CONSTANTS, explains=True)
    restarted = RiskEngine(CONSTANTS, explains=True)
    chance = Random(seed + 100)
    for number, (session_id, call) in enumerate(stream(600, seed)):
        expected = steady.judge("a", "office", session_id, call)
        judged = restarted.judge("a", "office", session_id, call)
        assert (judged.session.risk, judged.session.reasons) == (expected.session.risk, expected.session.reasons)
        assert [one.number for one in judged.ended] == [one.number for one in expected.ended]
        if number % 50 == 0 or chance.random() < 0.02:
            restarted = reopened(restarted)
    assert steady.agents["a"].profile.sessions > 5


def test_a_state_of_another_format_is_discarded():
    engine = RiskEngine(CONSTANTS)
    for session_id, call in stream(50, 1):
        engine.judge("a", "office", session_id, call)
    old = {**state.pack_learned(engine.agents["a"]), "format": 0}
    assert state.unpack_agent("office", None, old).profile.sessions == 0
    assert state.unpack_profile(None).sessions == 0
    assert state.unpack_session(None) is None


def test_a_session_that_a_person_calls_fine_teaches_whatever_its_risk():
    engine = RiskEngine(CONSTANTS)
    judged = engine.judge("a", "office", "s", call_of("wipe_disk", MONDAY_NOON, is_granted=False))
    assert judged.session.risk > CONSTANTS.alert_risk
    ended = engine.judge("a", "office", "t", call_of("get_file", MONDAY_NOON + 400)).ended
    assert engine.agents["a"].profile.sessions == 0
    copy = state.unpack_session(state.pack_session(ended[0]))
    engine.decide("a", copy, "fine")
    assert engine.agents["a"].profile.sessions == 1


def test_a_session_that_a_person_calls_an_attack_never_teaches():
    engine = RiskEngine(CONSTANTS._replace(alert_risk=1.0))
    judged = engine.judge("a", "office", "s", call_of("get_file", MONDAY_NOON))
    engine.decide("a", judged.session, "attack")
    engine.judge("a", "office", "t", call_of("get_file", MONDAY_NOON + 400))
    waiting = engine.agents["a"].open[1]
    engine.judge("a", "office", "u", call_of("get_file", MONDAY_NOON + 800))
    engine.decide("a", waiting, "attack")
    engine.judge("a", "office", "v", call_of("get_file", MONDAY_NOON + 2 * LEARNING_DELAY_SECONDS))
    assert engine.agents["a"].profile.sessions == 1, "only the session without a verdict teaches"
