"""The word lists keep their own rules."""

import pytest

from agentsentinel_core.tools import vocabulary
from agentsentinel_core.tools.words import reductions, split


def test_every_word_is_in_base_form():
    shorter = {word: [stem for stem, _ in reductions(word) if stem in vocabulary.KNOWN] for word in vocabulary.KNOWN}
    assert not {word: stems for word, stems in shorter.items() if stems}, "the lists hold a word and its base form"


def test_no_act_is_a_read_verb():
    assert vocabulary.ACTS.keys() & vocabulary.READ_VERBS == set()


@pytest.mark.parametrize("word", sorted(vocabulary.EXTERNAL_VERBS | vocabulary.NOT_OUTWARD))
def test_words_that_qualify_acts_are_acts(word):
    assert word in vocabulary.ACTS


@pytest.mark.parametrize("phrase", [p for phrases in vocabulary.CATEGORY_PHRASES.values() for p in phrases])
def test_a_phrase_is_written_as_it_would_stand_in_a_name(phrase):
    assert phrase == phrase.strip().lower()
    assert split(phrase)
