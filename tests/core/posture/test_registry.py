"""The list of rules."""

import pytest

from agentsentinel_core.findings import Severity
from agentsentinel_core.posture import CATALOGUE, CLIENT_RULES, CORE_RULES, RULES, SCAN_RULES, rule, ruleset
from agentsentinel_core.tools.words import word_set

SEVERITIES = {
    "EXFILTRATION_PATH": "CRITICAL",
    "PRIVILEGE_EXCESS": "HIGH",
    "UNUSED_DANGEROUS_GRANT": "HIGH",
    "MCP_OVER_CONNECTION": "MEDIUM",
    "CREDENTIAL_SCOPE_MISMATCH": "MEDIUM",
    "MISSING_RATE_LIMIT": "LOW",
    "CODE_EXECUTION_GRANT": "CRITICAL",
    "SECRETS_ACCESS_GRANT": "HIGH",
    "PROMPT_INJECTION_VECTOR": "HIGH",
    "LATERAL_MOVEMENT_PATH": "HIGH",
    "UNBOUNDED_FILE_ACCESS": "HIGH",
    "INSECURE_MCP_CONNECTION": "HIGH",
    "TOOL_SPRAWL": "MEDIUM",
    "TOOL_NAME_FLOOD": "MEDIUM",
    "MESSAGE_SMUGGLING": "HIGH",
    "TOOL_POISONING": "CRITICAL",
    "TOOL_DEFINITION_CHANGED": "CRITICAL",
    "MISLEADING_ANNOTATION": "MEDIUM",
    "UNSAFE_TOOL_DEFINITION": "MEDIUM",
    "UNGRANTED_TOOL_CALL": "HIGH",
    "SESSION_ANOMALY": "HIGH",
    "AGENT_SILENT": "MEDIUM",
}
SOURCE_SEVERITIES = {
    "HARDCODED_CREDENTIALS": "CRITICAL",
    "DANGEROUS_GRANTS": "HIGH",
    "UNDESCRIBED_WRITE_AGENT": "MEDIUM",
}
MANIFEST_SEVERITIES = {
    "MCP_NO_AUTH": "HIGH",
    "UNBOUNDED_INPUT": "MEDIUM",
    "VAGUE_TOOL_DESCRIPTION": "LOW",
}
CLIENT_SEVERITIES = {
    "CLIENT_SECRET_IN_CONFIG": "HIGH",
    "CLIENT_BYPASS_PERMISSIONS": "HIGH",
    "HOOK_INJECTION": "HIGH",
    "HIDDEN_TEXT": "HIGH",
    "BROAD_FILESYSTEM_ROOT": "HIGH",
    "UNPINNED_PACKAGE": "MEDIUM",
}
SCANNED = word_set(
    """
    EXFILTRATION_PATH CODE_EXECUTION_GRANT HARDCODED_CREDENTIALS DANGEROUS_GRANTS PRIVILEGE_EXCESS
    PROMPT_INJECTION_VECTOR LATERAL_MOVEMENT_PATH UNDESCRIBED_WRITE_AGENT TOOL_SPRAWL MISSING_RATE_LIMIT
    SECRETS_ACCESS_GRANT UNBOUNDED_FILE_ACCESS TOOL_POISONING INSECURE_MCP_CONNECTION
    """
)


def test_ids_and_severities_are_the_promised_ones():
    assert {known.id: known.severity.value for known in RULES} == SEVERITIES
    others = SOURCE_SEVERITIES | MANIFEST_SEVERITIES | CLIENT_SEVERITIES
    assert {known.id: known.severity.value for known in CATALOGUE} == SEVERITIES | others


def test_the_scan_runs_the_ten_of_the_specification_and_four_more():
    assert sorted(known.id for known in SCAN_RULES) == sorted(SCANNED)


def test_the_rules_of_clients_files_are_at_most_high():
    assert {known.id for known in CLIENT_RULES} == {*CLIENT_SEVERITIES, "INSECURE_MCP_CONNECTION"}
    assert not any(known.severity is Severity.CRITICAL for known in CLIENT_RULES)


def test_the_core_rules_are_the_first_six():
    assert [known.id for known in CORE_RULES] == list(SEVERITIES)[:6]
    assert RULES[:6] == CORE_RULES


def test_a_ruleset_goes_by_its_name():
    assert ruleset("all") == RULES
    assert ruleset("core") == CORE_RULES


def test_an_unknown_ruleset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'all' or 'core'"):
        ruleset("some")


def test_a_rule_goes_by_its_id():
    assert all(rule(known.id) is known for known in CATALOGUE)


def test_an_unknown_id_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match="EXFILTRATION_PATH"):
        rule("NO_SUCH_RULE")


@pytest.mark.parametrize("known", CATALOGUE, ids=lambda known: known.id)
def test_every_rule_says_what_it_must(known):
    assert isinstance(known.severity, Severity)
    assert known.needs
    assert known.references[0].startswith("ASI")
    assert len(known.id) <= 64
    assert not known.title.endswith(".")
    assert known.rationale.endswith(".")
    assert known.remediation.endswith(".")
