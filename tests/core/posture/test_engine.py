"""Rules put together: the documented sample agents, and what becomes of rules without evidence."""

from datetime import datetime

import pytest

from agentsentinel_core.agents import ALL_EVIDENCE, EvidenceKind
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture import CORE_RULES, RULES, evaluate, rule
from core.posture.samples import DEMO_TOOLS, FILESYSTEM_TOOLS, NOW, agent, without


def ids(report):
    return [finding.rule_id for finding in report.findings]


def test_the_demo_agent_scores_55_under_the_core_rules():
    report = evaluate(agent(*DEMO_TOOLS), NOW, CORE_RULES)
    assert ids(report) == ["EXFILTRATION_PATH", "MISSING_RATE_LIMIT"]
    assert report.score == 55.0


def test_the_demo_agent_scores_35_under_all_rules():
    report = evaluate(agent(*DEMO_TOOLS), NOW)
    assert ids(report) == ["EXFILTRATION_PATH", "PROMPT_INJECTION_VECTOR", "MISSING_RATE_LIMIT"]
    assert report.score == 35.0


@pytest.mark.parametrize("rules", [CORE_RULES, RULES], ids=["core", "all"])
def test_the_filesystem_server_with_a_description_scores_100(rules):
    report = evaluate(agent(*FILESYSTEM_TOOLS, description="Keeps the notes of a team in order"), NOW, rules)
    assert (ids(report), report.score) == ([], 100.0)


@pytest.mark.parametrize("rules", [CORE_RULES, RULES], ids=["core", "all"])
def test_a_search_agent_with_a_read_only_purpose_is_clean(rules):
    report = evaluate(agent("crm_search", description="Searches and queries the CRM for sales reps"), NOW, rules)
    assert (ids(report), report.not_evaluated, report.score) == ([], (), 100.0)


def test_an_agent_with_nothing_is_clean():
    report = evaluate(agent(description=None), NOW)
    assert (report.findings, report.not_evaluated, report.score) == ((), (), 100.0)


def test_the_score_never_falls_below_zero():
    tools = ["bash", "get_secret", "http_fetch", "send_email", "read_file", "manage_roles", "deploy_container"]
    report = evaluate(agent(*tools, description="Read-only"), NOW)
    assert len(report.findings) > 4
    assert report.score == 0.0


def test_findings_come_worst_first():
    report = evaluate(agent(*DEMO_TOOLS, "bash", description="Read-only"), NOW)
    ranks = [finding.severity.rank for finding in report.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert report.findings[0].severity is Severity.CRITICAL


@pytest.mark.parametrize("checked", RULES, ids=lambda checked: checked.id)
def test_a_rule_without_its_evidence_is_not_evaluated(checked):
    for kind in checked.needs:
        report = evaluate(without(agent(*DEMO_TOOLS), kind), NOW, [checked])
        (entry,) = report.not_evaluated
        assert (entry.rule_id, entry.missing) == (checked.id, (kind,))
        assert checked.id in entry.reason
        assert kind.value in entry.reason


@pytest.mark.parametrize("checked", RULES, ids=lambda checked: checked.id)
def test_a_rule_with_its_evidence_does_not_ask_for_more(checked):
    unneeded = ALL_EVIDENCE - checked.needs
    assert not evaluate(without(agent(*DEMO_TOOLS), *unneeded), NOW, [checked]).not_evaluated


def test_what_was_not_looked_at_says_nothing_whatever_it_holds():
    report = evaluate(without(agent("bash"), EvidenceKind.GRANTS), NOW, [rule("CODE_EXECUTION_GRANT")])
    assert not report.findings


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="timezone-aware"):
        evaluate(agent(), datetime(2026, 1, 1))  # noqa: DTZ001
