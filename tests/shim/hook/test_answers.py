"""The answers of the hook before a call are those that each client documents."""

import json
from typing import Any

import pytest

from agentsentinel_shim.hook.answers import FAILED, SHAPES, denial, reason
from agentsentinel_shim.hook.clients import BY_NAME

SPECIFIC = {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": 'no "ü"'}
DOCUMENTED: dict[str, dict[str, Any]] = {
    "claude-code": {"hookSpecificOutput": SPECIFIC},
    "codex": {"hookSpecificOutput": SPECIFIC},
    "cursor": {"permission": "deny", "user_message": 'no "ü"', "agent_message": 'no "ü"'},
    "copilot": {"permissionDecision": "deny", "permissionDecisionReason": 'no "ü"'},
}


@pytest.mark.parametrize("client", BY_NAME)
def test_a_denial_has_the_shape_that_its_client_documents(client: str) -> None:
    answer = SHAPES[client]('no "ü"')
    assert json.loads(answer) == DOCUMENTED[client]
    assert answer.isascii()
    assert answer.count("\n") == 1


def test_a_denial_names_the_rule_why_it_denies_and_what_can_be_done() -> None:
    text = json.loads(denial("copilot", "no-export", "data must not leave"))["permissionDecisionReason"]
    assert text.startswith("Refused by AgentSentinel, rule no-export: data must not leave. ")
    assert "ask the user" in text


@pytest.mark.parametrize("rule", [FAILED, "builtin-snapshot-stale"])
def test_where_nothing_can_be_decided_the_command_that_says_why_is_named(rule: str) -> None:
    assert "`sentinel hook status --client cursor`" in reason("cursor", rule, "it failed")


def test_an_administrator_is_named_where_only_one_can_help() -> None:
    for rule in ("builtin-suspended", "builtin-not-granted", "builtin-rate-limit"):
        assert "administrator" in reason("codex", rule, "x")
