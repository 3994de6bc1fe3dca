"""Phrases of one or more words, found in a list of words."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.tools.phrases import Phrases

words = st.sampled_from(["api", "key", "keys", "vault", "secret"])


def test_the_longest_phrase_at_a_position_counts():
    phrases = Phrases(["api", "api key"])
    assert phrases.length_at(["api", "key"], 0) == 2
    assert phrases.length_at(["api", "vault"], 0) == 1


def test_a_phrase_that_the_text_ends_in_the_middle_of_is_not_there():
    assert Phrases(["api key"]).first_in(["the", "api"]) is None


def test_the_first_phrase_of_a_text_is_found_and_not_the_first_of_the_set():
    assert Phrases(["vault", "api key"]).first_in(["my", "api", "key", "vault"]) == "api key"


@given(st.lists(words, max_size=6), st.lists(words, min_size=1, max_size=3))
def test_a_phrase_is_found_exactly_where_its_words_stand_together(text, phrase):
    found = Phrases([" ".join(phrase)]).first_in(text)
    is_there = any(text[at : at + len(phrase)] == phrase for at in range(len(text)))
    assert found == (" ".join(phrase) if is_there else None)
