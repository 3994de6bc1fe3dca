"""SECRETS_ACCESS_GRANT: a tool that reads secrets."""

import pytest

from agentsentinel_core.agents import EvidenceKind
from core.posture.samples import agent, found, is_open, without

RULE = "SECRETS_ACCESS_GRANT"


@pytest.mark.parametrize(
    "tool", ["get_secret", "vault_read", "list_credentials", "get-env", "getApiKey", "read_password"]
)
def test_a_tool_that_reads_secrets_is_found(tool):
    assert found(RULE, agent(tool)).evidence == (f"tool:{tool}",)


@pytest.mark.parametrize("tool", ["delete_secret", "count_tokens", "tokenize", "secretary_lookup", "list_environments"])
def test_a_tool_that_returns_none_is_not(tool):
    assert found(RULE, agent(tool)) is None


def test_without_grants_it_is_open():
    assert is_open(RULE, without(agent("get_secret"), EvidenceKind.GRANTS))
