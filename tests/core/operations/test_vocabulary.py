"""The lists of words: what fits in an event, and what must not contradict each other."""

import pytest

from agentsentinel_core.operations import vocabulary
from agentsentinel_core.operations.derive import LONGEST_OPERATION, is_operation

LISTS = ("PROGRAMS", "SQL_VERBS", "METHODS", "ACTIONS")


@pytest.mark.parametrize("name", LISTS)
def test_each_word_is_one_that_the_api_takes(name: str) -> None:
    words = getattr(vocabulary, name)
    assert [word for word in words if not is_operation(word) or len(word) > vocabulary.LONGEST_WORD] == []
    assert [word for word in words if vocabulary.JOINT in word] == []
    assert vocabulary.OTHER not in words


def test_as_many_words_as_are_kept_fit_in_an_event() -> None:
    assert vocabulary.MOST_WORDS * (vocabulary.LONGEST_WORD + 1) - 1 <= LONGEST_OPERATION


def test_a_program_is_in_one_list() -> None:
    lists = (vocabulary.NETWORK_PROGRAMS, vocabulary.POWERFUL_PROGRAMS, vocabulary.COMMON_PROGRAMS)
    assert sum(map(len, lists)) == len(frozenset().union(*lists))


@pytest.mark.parametrize("name", ["QUIET_PROGRAMS", "FILTERS", "SHELLS"])
def test_what_is_known_of_a_program_is_known_of_a_listed_one(name: str) -> None:
    assert getattr(vocabulary, name) <= vocabulary.PROGRAMS


def test_no_program_that_reaches_other_machines_or_runs_code_is_left_out_of_a_word() -> None:
    loud = vocabulary.NETWORK_PROGRAMS | vocabulary.POWERFUL_PROGRAMS
    assert loud & (vocabulary.QUIET_PROGRAMS | vocabulary.FILTERS) == frozenset()


def test_synonyms_lead_to_listed_words() -> None:
    assert set(vocabulary.PROGRAM_SYNONYMS.values()) <= vocabulary.PROGRAMS
    assert set(vocabulary.SQL_SYNONYMS.values()) <= vocabulary.SQL_VERBS
    assert vocabulary.INNER_VERBS | vocabulary.OUTER_VERBS <= vocabulary.SQL_VERBS


def test_several_hundred_programs_are_listed() -> None:
    assert len(vocabulary.PROGRAMS) > 500
