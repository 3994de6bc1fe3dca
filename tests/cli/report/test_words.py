"""Words from scanned files reach a report on one line, bounded and without hidden characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.report.words import around, clipped, filtered, left_out, padded, safe, suppressions, where, width
from agentsentinel_cli.scan.report_model import Suppression


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("a\nb\tc\rd", "a b c d"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("Grüße 你好", "Grüße 你好"),
    ],
)
def test_hidden_characters_are_written_out(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(st.characters(), max_size=60))
def test_no_text_brings_a_control_character_or_a_second_line(text: str) -> None:
    shown = safe(text)
    assert {unicodedata.category(char) for char in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert safe(shown, 10_000) == shown


def test_a_long_text_is_cut_at_its_limit() -> None:
    assert safe("y" * 121) == "y" * 119 + "…"
    assert safe("y" * 120) == "y" * 120
    assert safe("abcdef", 4) == "abc…"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("äb", 2), ("a\u0308b", 2), ("你好", 4), ("ａ", 2), ("", 0)])
def test_width_counts_the_columns_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns
    assert padded(text, 6) == text + " " * (6 - columns)


def test_suppressions_are_counted_by_their_place() -> None:
    file = Suppression("file", "known", ".sentinelignore:1")
    inline = Suppression("inline", "", "a.py:4")
    assert suppressions([file, None, inline, file]) == "3 (2 by .sentinelignore:1, 1 by a.py:4)"
    assert suppressions([None, None]) == ""


def test_what_was_left_out_is_counted_in_words() -> None:
    kinds = {"test file": 3, "vendored folder": 1, "checkout of its own": 2, "excluded": 4, "ignored by git": 2}
    expected = "3 test files, 1 vendored folder, 2 checkouts of its own, 4 excluded, 2 ignored by git"
    assert left_out(kinds) == expected
    assert left_out({}) == ""


def test_a_place_names_path_line_and_column() -> None:
    assert where("a\nb.py", 3) == "a b.py:3"
    assert where("a.py", 3, 9) == "a.py:3:9"


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("name", 10, "name"),
        ("a" * 20, 10, "aaaaaaaaa…"),
        ("\x1b" * 9, 10, "\\x1b\\x1b\\…"),
        ("日本語日本語", 6, "日本…"),
    ],
)
def test_a_clipped_text_takes_its_columns_at_most_with_its_escapes(text: str, columns: int, shown: str) -> None:
    assert clipped(text, columns) == shown


@given(st.text(st.characters(), min_size=1, max_size=80), st.integers(0, 79), st.integers(30, 60))
def test_a_line_around_a_place_fits_and_shows_the_place(text: str, at: int, columns: int) -> None:
    at = min(at, len(text) - 1)
    shown, before = around(text, at, columns)
    assert width(shown) <= columns
    assert 0 <= before < columns
    assert safe(text[at]) in shown


def test_a_line_is_cut_where_it_does_not_fit() -> None:
    assert around("abcdefghij", 4, 10) == ("abcdefghij", 4)
    assert around("abcdefghijkl", 0, 10) == ("abcdefgh…", 0)
    assert around("abcdefghijkl", 11, 10) == ("…efghijkl", 8)
    assert around("abcdefghijklmnopqrst", 9, 10) == ("…ghijklmn…", 4)


def test_filtered_findings_are_counted_by_filter() -> None:
    assert filtered({}) == ""
    assert filtered({"rule": 2, "severity": 1}) == "2 by rule, 1 by severity"
