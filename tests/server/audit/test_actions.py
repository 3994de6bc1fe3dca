"""The actions of the audit log have the words that the logs use."""

from agentsentinel.audit.actions import REFUSALS


def test_the_stored_words_of_refusals_are_those_of_the_log() -> None:
    assert {action.value for action in REFUSALS} == {"key_refused", "sign_in_refused"}
