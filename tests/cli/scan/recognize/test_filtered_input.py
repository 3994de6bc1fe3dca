"""Which alphabets allow a formula at most, and which patterns state one."""

import pytest

from agentsentinel_cli.scan.recognize.filtered_input import alphabet_left_by, alphabet_matched_by, only_calculates


@pytest.mark.parametrize("alphabet", ["0123456789+-*/(). ", "0123456789.eE", "0123456789()sqrt^", "", "<>=!%&|~,"])
def test_digits_operators_and_a_few_letters_can_only_calculate(alphabet: str) -> None:
    assert only_calculates(alphabet)


@pytest.mark.parametrize(
    "alphabet", ["0123456789_", "[]()!+", '0123456789"', "0123;", "exec()", "abcdefghijklmnopqrstuvwxyz", "oOpPeEnN("]
)
def test_names_texts_brackets_and_statements_can_do_more(alphabet: str) -> None:
    assert not only_calculates(alphabet)


@pytest.mark.parametrize(
    ("pattern", "alphabet"),
    [(r"[^0-3+\-]", "0123+-"), (r"[^\d\s.]+", "0123456789 ."), ("[^^]", "^"), ("[0-9]", None), ("[^a]b", None)],
)
def test_what_a_replacement_leaves_is_the_negated_class(pattern: str, alphabet: str | None) -> None:
    assert alphabet_left_by(pattern) == alphabet


@pytest.mark.parametrize(
    ("pattern", "alphabet"),
    [
        (r"^[0-2+*/()]+$", "012+*/()"),
        (r"^\s*[\d ]*\s*$", "0123456789 "),
        ("[ab]+", "ab"),
        ("^[0-9]", None),
        ("^[0-9]+.*$", None),
        ("^[^0-9]+$", None),
    ],
)
def test_what_a_whole_match_allows_is_its_only_class(pattern: str, alphabet: str | None) -> None:
    assert alphabet_matched_by(pattern) == alphabet
