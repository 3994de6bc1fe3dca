"""A fingerprint knows a finding again by rule, agent and evidence."""

import pytest

from agentsentinel_cli.scan.fingerprints import fingerprint
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import ScannedAgent
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.light_dataclasses import replace


def agent(name: str = "sales", path: str = "a.py", line: int = 1) -> ScannedAgent:
    return ScannedAgent(name, path, Place(line), "langchain", None, None)


FOUND = Finding("DANGEROUS_GRANTS", Severity.HIGH, "Title", "Message.", ("tool:a", "tool:b"), "Detail.")
"""A finding with two pieces of evidence."""
KNOWN = fingerprint(agent(), FOUND)


def test_baselines_of_earlier_versions_stay_valid() -> None:
    assert KNOWN == "37caa21af44c3b6e1d5c1a1602f1362dd3dbc872432b002bb71e0041e374ef40"


@pytest.mark.parametrize(
    "found",
    [
        replace(FOUND, message="Other words."),
        replace(FOUND, title="Other title"),
        replace(FOUND, severity=Severity.LOW),
        replace(FOUND, evidence=("tool:b", "tool:a", "tool:b")),
    ],
)
def test_other_words_severity_or_order_are_the_same_finding(found: Finding) -> None:
    assert fingerprint(agent(), found) == KNOWN


def test_a_moved_agent_is_the_same_one() -> None:
    assert fingerprint(agent(line=99), FOUND) == KNOWN


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (agent(name="support"), FOUND),
        (agent(path="b.py"), FOUND),
        (agent(), replace(FOUND, rule_id="EXFILTRATION_PATH")),
        (agent(), replace(FOUND, evidence=("tool:a",))),
        (agent(), replace(FOUND, evidence=("tool:a", "tool:b", "tool:c"))),
    ],
)
def test_another_agent_rule_or_evidence_is_another_finding(other: ScannedAgent, found: Finding) -> None:
    assert fingerprint(other, found) != KNOWN


def test_agents_of_one_name_in_one_file_are_told_apart_by_their_order() -> None:
    second = replace(agent(), namesakes_before=1)
    assert len({fingerprint(second, FOUND), fingerprint(replace(agent(), namesakes_before=2), FOUND), KNOWN}) == 3
