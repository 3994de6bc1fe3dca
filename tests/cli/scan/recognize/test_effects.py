"""Statements, methods and modes say what they do, in every language."""

import pytest

from agentsentinel_cli.scan.recognize.effects import file_mode_effect, http_effect, sql_effect


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT a FROM b", "sql-read"),
        ("-- note\n/* more */ insert into a values (1)", "sql-write"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "sql-read"),
        ("WITH x AS (SELECT 1) DELETE FROM y", "sql-write"),
        ("DROP TABLE a", "sql-write"),
        ("select a seat", None),
        ("Update your profile", None),
        ("", None),
    ],
)
def test_sql_is_told_by_its_verb_and_by_more_than_its_verb(statement: str, kind: str | None) -> None:
    assert sql_effect(statement) == kind


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        ("Patch", "http-write"),
        ("DELETE", "http-write"),
        ("GET", "http-read"),
        ("options", "http-read"),
        ("fly", None),
        ("", None),
    ],
)
def test_an_http_method_reads_or_writes_in_any_case(verb: str, kind: str | None) -> None:
    assert http_effect(verb) == kind


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("r", "file-read"),
        ("rb", "file-read"),
        ("", "file-read"),
        ("x", "file-write"),
        ("ab", "file-write"),
        ("r+", "file-write"),
    ],
)
def test_a_file_mode_that_can_write_writes(mode: str, kind: str) -> None:
    assert file_mode_effect(mode) == kind
