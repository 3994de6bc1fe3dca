"""Answers are read member by member, and one that is missing or of another kind is named."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_sdk._decode import Members, as_object, each, parse_json
from agentsentinel_sdk.errors import UnexpectedAnswer

READERS = ["text", "integer", "number", "flag", "time"]
VALUES = {
    "text": "a",
    "integer": 1,
    "number": 1.5,
    "flag": True,
    "time": "2026-01-01T00:00:00Z",
    "list": [],
    "no": None,
}
FITS = {"text": {"text", "time"}, "integer": {"integer"}, "number": {"integer", "number"}, "flag": {"flag"}}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", VALUES)
def test_each_reader_takes_its_own_kind_and_names_the_member_otherwise(reader: str, kind: str) -> None:
    members = Members({"size": VALUES[kind]})
    if kind in FITS.get(reader, {reader}):
        getattr(members, reader)("size")
    else:
        with pytest.raises(UnexpectedAnswer, match="'size'"):
            getattr(members, reader)("size")


@pytest.mark.parametrize("reader", ["maybe_text", "maybe_integer", "maybe_number", "maybe_time"])
def test_an_absent_member_and_null_are_nothing_where_that_is_allowed(reader: str) -> None:
    assert getattr(Members({}), reader)("size") is None
    assert getattr(Members({"size": None}), reader)("size") is None
    with pytest.raises(UnexpectedAnswer):
        getattr(Members({"size": []}), reader)("size")


@pytest.mark.parametrize(
    "text", ["2026-01-01T12:00:00Z", "2026-01-01T12:00:00", "2026-01-01T14:00:00+02:00", "2026-01-01T12:00:00+00:00"]
)
def test_a_time_is_aware_and_in_utc_however_it_is_written(text: str) -> None:
    moment = Members({"at": text}).time("at")
    assert moment == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert moment.tzinfo is UTC


def test_a_list_may_be_absent_and_its_items_are_checked() -> None:
    assert Members({}).texts("names") == ()
    assert Members({"names": ["a"]}).texts("names") == ("a",)
    for wrong in ("a", [1], {}):  # type: ignore[var-annotated]
        with pytest.raises(UnexpectedAnswer):
            Members({"names": wrong}).texts("names")


@given(st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()) | st.just({}))
def test_only_an_object_is_an_object_and_only_an_array_an_array(value: object) -> None:
    for read, kind in ((as_object, dict), (lambda one: each(one, repr), list)):
        if isinstance(value, kind):
            read(value)
        else:
            with pytest.raises(UnexpectedAnswer):
                read(value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_an_error_of_this_package(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="AgentSentinel server"):
        parse_json(body)
