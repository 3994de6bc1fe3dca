"""HARDCODED_CREDENTIALS: a key in the source."""

from dataclasses import replace

from agentsentinel_core.agents import EvidenceKind, HardcodedSecret
from core.posture.samples import agent, found, is_open, without

RULE = "HARDCODED_CREDENTIALS"
KEY = HardcodedSecret("openai", "sk-proj-…")


def test_a_credential_is_found_and_named_by_its_mask():
    finding = found(RULE, replace(agent("search_crm"), secrets=(KEY,)))
    assert finding.evidence == ("secret:openai:sk-proj-…",)
    assert "sk-proj-… (openai)" in finding.message


def test_an_agent_without_tools_can_have_one():
    assert found(RULE, replace(agent(), secrets=(KEY,)))


def test_a_clean_source_is_clean():
    assert found(RULE, agent("get_secret")) is None


def test_without_source_it_is_open():
    assert is_open(RULE, without(replace(agent(), secrets=(KEY,)), EvidenceKind.SOURCE))
