"""Spans: values are decoded when they are read, and ids and times are checked without a guess."""

from collections.abc import Iterator
from typing import Any

import pytest

from agentsentinel.otlp.bounds import MAX_SPANS, TooManySpans
from agentsentinel.otlp.spans import MAX_TIME_NS, Attributes, InvalidSpan, Span, Spans, read_id, read_time


def test_only_an_attribute_that_is_asked_for_is_decoded() -> None:
    decoded: list[str] = []

    def decode(raw: str) -> str:
        decoded.append(raw)
        return raw

    attributes = Attributes({"small": "s", "huge": "h"}, decode)
    assert "huge" in attributes
    assert attributes.text("small") == "s"
    assert attributes.get("absent") is None
    assert decoded == ["s"]


@pytest.mark.parametrize("value", ["", "  ", 1, None, ["a"], b"a"])
def test_what_is_not_a_text_that_says_something_is_passed_over(value: Any) -> None:
    attributes = Attributes({"first": value, "second": "name"}, lambda raw: raw)
    assert attributes.text("first") is None
    assert attributes.first_text(["absent", "first", "second"]) == "name"


def test_spans_are_decoded_anew_each_time_they_are_wanted() -> None:
    runs = []

    def decode() -> Iterator[Span]:
        runs.append(1)
        return iter(())

    spans = Spans(0, decode)
    assert (list(spans), list(spans), len(runs)) == ([], [], 2)


def test_more_spans_than_the_limit_are_refused_before_one_is_decoded() -> None:
    Spans(MAX_SPANS, lambda: iter(()))
    with pytest.raises(TooManySpans):
        Spans(MAX_SPANS + 1, lambda: iter(()))


@pytest.mark.parametrize("value", [b"\1" * 8, "01" * 8])
def test_an_id_is_the_same_in_both_encodings(value: bytes | str) -> None:
    assert read_id(value, 8, "span_id") == b"\1" * 8


@pytest.mark.parametrize(
    "value",
    ["", "01" * 7, "01" * 9, "0g" * 8, "AQEBAQEBAQE=", "01 " * 5 + "0", "٠١" * 8, b"", b"\1" * 9, b"\0" * 8, "0" * 16],
)
def test_an_id_of_another_length_or_spelling_is_refused_by_name_and_not_repeated(value: bytes | str) -> None:
    with pytest.raises(InvalidSpan, match="span_id") as refused:
        read_id(value, 8, "span_id")
    assert not value or str(value) not in str(refused.value)


@pytest.mark.parametrize(("value", "read"), [(0, 0), ("0", 0), ("17", 17), (MAX_TIME_NS, MAX_TIME_NS)])
def test_a_time_is_a_number_in_either_form(value: int | str, read: int) -> None:
    assert read_time(value, "start") == read


@pytest.mark.parametrize("value", [-1, MAX_TIME_NS + 1, "", "-1", "1.5", "1e3", "²", "9" * 21, str(MAX_TIME_NS + 1)])
def test_a_time_that_is_not_one_is_refused_by_name(value: int | str) -> None:
    with pytest.raises(InvalidSpan, match="start"):
        read_time(value, "start")
