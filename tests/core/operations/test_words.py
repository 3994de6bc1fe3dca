"""Several words become one."""

from agentsentinel_core.operations.words import joined


def test_words_are_reported_once_and_in_one_order() -> None:
    assert joined(["git", "cat", "git"], len) == "cat+git"


def test_nothing_is_no_word() -> None:
    assert joined([], len) is None


def test_of_too_many_words_the_heaviest_are_named_and_the_rest_shows_as_other() -> None:
    assert joined(["a", "bbb", "cc", "dddd"], len) == "a+bbb+cc+dddd"
    assert joined(["a", "bbb", "cc", "dddd", "eeeee"], len) == "bbb+dddd+eeeee+other"


def test_other_takes_the_place_of_no_word_of_its_own() -> None:
    assert joined(["a", "bb", "ccc", "other", "dddd"], len) == "bb+ccc+dddd+other"
