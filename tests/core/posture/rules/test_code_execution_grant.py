"""CODE_EXECUTION_GRANT: a tool that runs code."""

from dataclasses import replace

import pytest

from agentsentinel_core.agents import AgentProfile, EvidenceKind, ToolGrant
from agentsentinel_core.findings import Severity
from core.posture.samples import agent, found, is_open, without

RULE = "CODE_EXECUTION_GRANT"


@pytest.mark.parametrize("tool", ["execute_python_code", "bash", "run_shell_command", "python_repl", "eval"])
def test_a_tool_that_runs_code_is_found(tool):
    finding = found(RULE, agent(tool, "read_file"))
    assert finding.severity is Severity.CRITICAL
    assert finding.evidence == (f"tool:{tool}",)


@pytest.mark.parametrize("tool", ["evaluate_model", "read_terminal", "run_query", "execute_trade", "code_search"])
def test_a_tool_that_only_sounds_like_it_is_not(tool):
    assert found(RULE, agent(tool)) is None


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("bash"), EvidenceKind.GRANTS))


def test_an_executor_counts_without_any_tool():
    finding = found(RULE, replace(agent(), code_executors=("code_execution_config",)))
    assert finding.evidence == ("executor:code_execution_config",)


def test_code_that_runs_in_the_providers_sandbox_alone_is_high_and_says_so():
    away = ToolGrant("code_interpreter", runs_at_provider=True)
    finding = found(RULE, AgentProfile(grants=(away,)))
    assert finding.severity is Severity.HIGH
    assert "in the provider's sandbox through: code_interpreter" in finding.message
    both = found(RULE, AgentProfile(grants=(away, ToolGrant("bash"))))
    assert both.severity is Severity.CRITICAL
    assert found(RULE, AgentProfile(grants=(away,), code_executors=("x",))).severity is Severity.CRITICAL
