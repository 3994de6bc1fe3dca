"""A shortened text is one line of bounded length."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.syntax.excerpt import LONGEST_TEXT, shorten


def test_lines_are_joined_and_the_rest_is_an_ellipsis() -> None:
    assert shorten("a\n  b" + "c" * 100, 10) == "a bcccccc…"


def test_a_text_that_just_fits_is_shown_whole() -> None:
    assert shorten("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert shorten("x" * (LONGEST_TEXT + 1)) == "x" * (LONGEST_TEXT - 1) + "…"


@given(st.text(), st.integers(1, 40))
def test_any_text_becomes_one_line_and_stays_so(text: str, longest: int) -> None:
    line = shorten(text, longest)
    assert len(line) <= longest
    assert len(line.splitlines()) <= 1
    assert shorten(line, longest) == line.rstrip()
