"""MESSAGE_SMUGGLING."""

from agentsentinel_core.agents import AgentProfile, EvidenceKind, Observation, ObservationKind
from agentsentinel_core.posture.rules.message_smuggling import MessageSmuggling
from core.posture.samples import NOW

RULE = MessageSmuggling()


def seen(detail: str, server_name: str = "files") -> Observation:
    return Observation(ObservationKind.MESSAGE_SMUGGLING, server_name, detail)


def test_fires_once_for_all_such_messages_and_names_the_servers():
    found = RULE.check(AgentProfile(observations=(seen("b"), seen("a"), seen("a", ""))), NOW)
    assert found is not None
    assert found.message == "Messages between the agent and an unnamed server, files can be read in two ways."
    assert found.evidence == ("message:a", "message:b")


def test_is_quiet_when_nothing_was_seen():
    assert RULE.check(AgentProfile(), NOW) is None


def test_without_a_reporter_beside_the_agent_it_is_not_evaluated():
    profile = AgentProfile(evidence=frozenset({EvidenceKind.GRANTS}))
    assert RULE.missing(profile) == (EvidenceKind.OBSERVATIONS,)
