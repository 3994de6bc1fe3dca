"""TOOL_SPRAWL: more than fifteen tools."""

from agentsentinel_core.agents import EvidenceKind
from agentsentinel_core.posture import SCAN_RULES, evaluate
from core.posture.samples import NOW, agent, found, is_open, without

RULE = "TOOL_SPRAWL"
SIXTEEN = [f"get_thing_{letter}" for letter in "abcdefghijklmnop"]


def test_sixteen_tools_are_too_many():
    finding = found(RULE, agent(*SIXTEEN))
    assert finding.message == "Agent holds 16 tools (more than 15)."
    assert len(finding.evidence) == 16
    assert finding.detail.endswith("get_thing_j and 6 more")


def test_fifteen_are_not():
    assert found(RULE, agent(*SIXTEEN[:15])) is None


def test_the_same_tool_twice_is_one():
    assert found(RULE, agent(*SIXTEEN[:15], SIXTEEN[0])) is None


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent(*SIXTEEN), EvidenceKind.GRANTS))


IN_SOURCE = next(known for known in SCAN_RULES if known.id == RULE)
SUBJECTS = ["run_sql", "read_file", "send_email", "browse_web", "deploy_pod"]


def scanned(*tools):
    return evaluate(agent(*tools), NOW, [IN_SOURCE]).findings


def test_in_source_more_than_ten_tools_over_five_subjects_are_found():
    assert scanned(*SUBJECTS, *(f"tool_{number}" for number in range(6)))


def test_in_source_ten_tools_are_not_too_many():
    assert not scanned(*SUBJECTS, *(f"tool_{number}" for number in range(5)))


def test_in_source_many_tools_about_few_subjects_are_not_too_many():
    assert not scanned(*SUBJECTS[:4], *(f"tool_{number}" for number in range(20)))
