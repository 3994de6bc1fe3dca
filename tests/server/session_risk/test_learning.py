"""How many sessions an agent is still to learn."""

from agentsentinel.models.inventory import ALL_UNLEARNED
from agentsentinel.session_risk.learning import LEARNING_SESSIONS, missing_sessions


def test_a_new_agent_has_all_sessions_to_learn_and_an_old_one_none() -> None:
    assert missing_sessions(0) == LEARNING_SESSIONS == ALL_UNLEARNED
    assert missing_sessions(LEARNING_SESSIONS - 1) == 1
    assert missing_sessions(LEARNING_SESSIONS + 300) == 0
