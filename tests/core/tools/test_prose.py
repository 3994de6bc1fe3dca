"""Descriptions: only a word in the place of a verb is an action, and a denied one is none."""

import pytest

from agentsentinel_core.tools.prose import LONGEST_PROSE, purpose_acts, read_only_claim, tool_acts


def acts(description):
    return [verb for verb, _ in tool_acts(description)]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("A read-only view of orders", True),
        ("READ ONLY", True),
        ("This is not read-only", False),
        ("It isn't strictly read-only", False),
        ("Not read-only at first, read-only later", True),
        ("Reads only what is asked for", None),
        ("", None),
    ],
)
def test_a_claim_to_be_read_only_differs_from_its_denial_and_from_silence(text, claim):
    assert read_only_claim(text) is claim


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        ("Deletes a file.", ["delete"]),
        ("Create and delete records", ["create", "delete"]),
        ("This tool will send an email", ["send"]),
        ("Returns a file that was deleted", []),
        ("Never deletes anything", []),
        ("Shows posts and comments", []),
        ("Sends a GET request to the API", []),
        ("Drag and drop an element", []),
    ],
)
def test_only_a_verb_in_the_place_of_a_verb_acts(text, verbs):
    assert acts(text) == verbs


def test_a_sentence_that_says_read_only_states_no_act_and_the_next_one_may():
    assert acts("Read-only, deletes nothing. Sends an email.") == ["send"]


def test_a_purpose_is_stated_after_its_cue():
    assert "send" in purpose_acts("An agent that sends invoices to customers")
    assert purpose_acts("An agent for the updates of the week") == []


def test_no_more_than_the_limit_of_a_text_is_read():
    assert acts(" " * LONGEST_PROSE + "Deletes a file.") == []
    assert read_only_claim(" " * LONGEST_PROSE + "read-only") is None
