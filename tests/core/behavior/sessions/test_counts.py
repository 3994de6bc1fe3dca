"""Bounded counts, and probabilities of the next token."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.behavior.sessions.counts import Counts, Ngrams


def test_novelty_is_little_surprise_where_all_was_new_and_much_where_nothing_was():
    restless, steady = Counts(), Counts()
    for n in range(100):
        restless.add(n)
        steady.add("same")
    assert restless.novelty_bits < 0.1
    assert steady.novelty_bits == -math.log2(0.5 / 101.5)


def test_keys_seen_once_are_evicted_first():
    counts = Counts(max_keys=10)
    for _ in range(3):
        counts.add("kept")
    for n in range(1000):
        counts.add(n)
    assert counts["kept"] == 3
    assert len(counts) <= 10
    assert counts.singles <= 10


def test_a_sequence_that_was_seen_is_likely_and_another_is_not():
    ngrams = Ngrams()
    for _ in range(50):
        ngrams.add(("^",), "find")
        ngrams.add(("^", "find"), "read")
    assert ngrams.vocabulary == 2
    assert ngrams.probability(("^", "find"), "read", 0.1) > 0.9
    assert ngrams.probability(("^", "find"), "find", 0.1) < 0.1


def test_without_anything_known_the_base_remains():
    assert Ngrams().probability(("^",), "find", 0.25) == 0.25


@given(st.lists(st.sampled_from("abc"), max_size=60), st.lists(st.sampled_from("abc"), min_size=2, max_size=2))
def test_probabilities_of_all_tokens_add_up_to_one(tokens, context):
    ngrams, before = Ngrams(), ("^",)
    for token in tokens:
        ngrams.add(before, token)
        before = (*before, token)[-2:]
    total = sum(ngrams.probability(tuple(context), token, 1 / 3) for token in "abc")
    assert total == pytest.approx(1.0)


def test_keys_come_in_the_order_in_which_they_were_first_seen():
    counts = Counts()
    for key in ["b", "a", "b", "c"]:
        counts.add(key)
    assert list(counts) == ["b", "a", "c"]
