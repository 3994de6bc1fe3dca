"""HIDDEN_TEXT."""

from agentsentinel_core.agents import AgentProfile, EvidenceKind, HiddenText
from core.posture.samples import found, is_open, without


def test_fires_once_for_all_files_and_quotes_the_characters():
    texts = (HiddenText("b/SKILL.md", "U+200B"), HiddenText("AGENTS.md", "U+E0041"))
    finding = found("HIDDEN_TEXT", AgentProfile(hidden_texts=texts))
    assert finding is not None
    assert finding.evidence == ("file:AGENTS.md", "file:b/SKILL.md")
    assert finding.detail == "AGENTS.md: U+E0041 | b/SKILL.md: U+200B"


def test_is_quiet_without_such_text():
    assert found("HIDDEN_TEXT", AgentProfile()) is None


def test_without_the_clients_files_it_is_not_evaluated():
    assert is_open("HIDDEN_TEXT", without(AgentProfile(), EvidenceKind.CONFIGURATION))
