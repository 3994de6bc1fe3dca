"""The engine of session risk: what it notices, what may teach it, and that its cost and state are bounded."""

from random import Random

import pytest

from agentsentinel_core.behavior.sessions.combination import read_constants
from agentsentinel_core.behavior.sessions.engine import (
    LEARNING_DELAY_SECONDS,
    MAX_PENDING,
    MAX_PENDING_CALLS,
    RiskEngine,
)
from agentsentinel_core.behavior.sessions.fitted import FITTED
from core.behavior.sessions.sessions import MONDAY_NOON, calls

CONSTANTS = read_constants(FITTED)
DAY, PAUSE = 86_400.0, 1_800.0
ROUTINES = [["find_file", "get_file"], ["find_file", "get_file", "send_email"], ["get_calendar"]]
TOOLS = ["find_file", "get_file", "send_email", "get_calendar", "get_secrets"]


class Agent:
    """One agent, its engine, and the time of its next session."""

    def __init__(self, engine=None, name="a", kind="office"):
        self.engine, self.name, self.kind = engine or RiskEngine(CONSTANTS), name, kind
        self.at, self.sessions = MONDAY_NOON, 0
        for tool in TOOLS:
            self.engine.grant(name, tool)

    def run(self, tokens, session_id=None, *, trusted=False, gap=4.0, arguments=None):
        """Run one session and return the risk after each call; the next begins half an hour later, on working days."""
        self.sessions += 1
        made = [
            call._replace(is_granted=self.engine.is_granted(self.name, call.token))
            for call in calls(tokens, start=self.at, gap=gap, arguments=arguments)
        ]
        ids = session_id if isinstance(session_id, list) else [session_id or f"s-{self.sessions}"] * len(made)
        risks = [
            self.engine.observe(self.name, self.kind, ids[n], call, is_trusted=trusted)[0]
            for n, call in enumerate(made)
        ]
        self.at += PAUSE if self.sessions % 10 else DAY - 9 * PAUSE
        return risks

    def work(self, sessions, *, trusted=False, seed=1):
        """Run sessions of normal work and return the highest risk of each."""
        chance = Random(seed)
        return [
            max(self.run(chance.choice(ROUTINES), trusted=trusted, gap=3.0 + chance.random() * 3))
            for _ in range(sessions)
        ]


@pytest.fixture
def agent():
    """Return an agent with 200 sessions of normal work behind it."""
    one = Agent()
    one.work(200, trusted=True)
    return one


ATTACKS = {
    "burst": lambda agent: agent.run(["get_file"] * 40, gap=0.5),
    "loop": lambda agent: agent.run(["find_file"] * 40, arguments=["same"] * 40),
    "chain": lambda agent: agent.run(["get_calendar", "get_secrets", "send_email", "send_email"]),
    "ungranted": lambda agent: agent.run(["find_file", "wipe_disk"]),
}


def test_normal_work_stays_below_the_alert_line(agent):
    risks = agent.work(300, seed=2)
    assert sum(risk > CONSTANTS.alert_risk for risk in risks) <= 3


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_above_the_alert_line(agent, attack):
    assert max(ATTACKS[attack](agent)) > CONSTANTS.alert_risk


def test_the_risk_of_a_session_never_falls(agent):
    risks = agent.run(["get_calendar", "get_secrets", "send_email", "find_file", "get_file"])
    assert risks == sorted(risks)


def test_the_same_calls_give_the_same_risks():
    assert Agent().work(60, seed=3) == Agent().work(60, seed=3)


def test_agents_of_one_kind_share_what_is_normal():
    engine = RiskEngine(CONSTANTS)
    Agent(engine, "a").work(200, trusted=True)
    colleague, stranger = Agent(engine, "b"), Agent(engine, "c", kind="shop")
    assert max(colleague.run(ROUTINES[1])) < max(stranger.run(ROUTINES[1]))


def test_what_was_not_trusted_teaches_after_a_week_and_not_before(agent):
    agent.engine._constants = CONSTANTS._replace(alert_risk=1.0)
    strange = ["get_calendar", "get_file", "get_file"]
    first = max(agent.run(strange))
    agent.at += DAY
    assert max(agent.run(strange)) >= first
    agent.at += LEARNING_DELAY_SECONDS
    assert max(agent.run(strange)) < first


def test_an_agent_that_is_fast_from_its_first_day_on_is_known_after_its_first_week():
    agent = Agent(RiskEngine(CONSTANTS), "script")
    first = max(agent.run(["get_file"] * 30, gap=0.1))
    assert first > CONSTANTS.alert_risk
    for _ in range(20):
        agent.run(["get_file"] * 30, gap=0.1)
    agent.at += LEARNING_DELAY_SECONDS
    assert max(agent.run(["get_file"] * 30, gap=0.1)) < CONSTANTS.alert_risk


def test_long_sessions_that_wait_to_be_learned_are_bounded_by_their_calls():
    agent = Agent()  # whose first sessions are learned whatever their risk
    for number in range(3 * MAX_PENDING_CALLS // 100):
        agent.at = MONDAY_NOON + 1000 * number
        agent.run(["get_file", "find_file"] * 50)
        state = agent.engine.agents[agent.name]
        assert sum(len(one.session.calls) for one in state.pending) <= MAX_PENDING_CALLS
    assert len(state.pending) > 0.9 * MAX_PENDING_CALLS / 100
    assert not any(call.argument for one in state.pending for call in one.session.calls)


def test_a_session_above_the_alert_line_never_teaches(agent):
    first = max(ATTACKS["ungranted"](agent))
    agent.at += 2 * LEARNING_DELAY_SECONDS
    assert max(ATTACKS["ungranted"](agent)) >= first


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_flood_of_normal_sessions_brings_no_attack_under_the_line(agent, attack):
    agent.work(3 * MAX_PENDING, seed=4)
    assert max(ATTACKS[attack](agent)) > CONSTANTS.alert_risk


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_between_normal_sessions_bring_no_further_one_under_the_line(agent, attack):
    for _ in range(50):
        ATTACKS[attack](agent)
        agent.work(1, seed=5)
    assert max(ATTACKS[attack](agent)) > CONSTANTS.alert_risk


@pytest.mark.parametrize("attack", ["burst", "chain"])
def test_a_thousand_slowly_drifting_sessions_bring_no_attack_under_the_line(agent, attack):
    for number in range(1000):
        agent.run(["find_file"] + ["get_file"] * (1 + number // 100))
    assert max(ATTACKS[attack](agent)) > CONSTANTS.alert_risk


def test_a_new_id_for_each_call_hides_no_burst(agent):
    assert max(agent.run(["get_file"] * 40, [f"new-{n}" for n in range(40)], gap=0.5)) > CONSTANTS.alert_risk


def test_one_endless_session_hides_no_burst(agent):
    for _ in range(300):
        agent.run(ROUTINES[0], "endless")
    assert max(agent.run(["get_file"] * 40, "endless", gap=0.5)) > CONSTANTS.alert_risk


def test_state_does_not_grow_with_the_number_of_calls(agent):
    def size():
        state = agent.engine.agents["a"]
        windows = sum(len(counts) for counts in state.profile.windows.values())
        return windows + len(state.profile.prefixes) + len(state.open) + len(state.recent)

    agent.work(200, trusted=True, seed=7)
    before = size()
    agent.work(1000, trusted=True, seed=8)
    assert size() <= before + 5
