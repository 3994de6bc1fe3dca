"""The verbs of SQL statements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.operations.sql import LONGEST_STATEMENTS, verbs_of
from agentsentinel_core.operations.vocabulary import OTHER, SQL_VERBS


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("SELECT name FROM users", "select"),
        ("  -- why\n/* so */ (select 1)", "select"),
        ("select 1; drop table x", "drop+select"),
        ("select 'drop; delete' as \"update; x\"", "select"),
        ("select $$; drop table x; $$", "select"),
        ("BEGIN; UPDATE x SET y = 1; COMMIT", "update"),
        ("begin; commit", "begin"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "select"),
        ("with a as (select 1) delete from b", "delete"),
        ("explain analyze delete from b", "delete"),
        ("explain select 1", "explain"),
        ("/*!50000 drop table x */", "drop"),
        ("select 1; frobnicate", "other+select"),
        ("exec xp_cmdshell 'dir'", "execute"),
        ("desc users", "describe"),
        ("find the users of Paris", None),
        ("", None),
        ("123", None),
    ],
)
def test_statements_are_reported_by_their_verbs(text: str, word: str | None) -> None:
    assert verbs_of(text) == word


@pytest.mark.parametrize(
    "text", ["select '\\''; drop table x; -- '", "select 1;" + " " * LONGEST_STATEMENTS + "drop table x"]
)
def test_what_cannot_be_read_with_certainty_is_other(text: str) -> None:
    assert verbs_of(text) == "other+select"


@given(st.text(alphabet="selctdropinu '\"`$;-/*!#\\\n(", max_size=80) | st.text())
def test_nothing_but_listed_words_is_reported(text: str) -> None:
    word = verbs_of(text)
    assert word is None or set(word.split("+")) <= SQL_VERBS | {OTHER}


@given(
    st.text(alphabet=st.characters(exclude_characters="'\\")), st.sampled_from(["select", "delete from t where x ="])
)
def test_a_text_within_a_statement_is_not_read(text: str, statement: str) -> None:
    assert verbs_of(f"{statement} '{text}'") == statement.split(maxsplit=1)[0]
