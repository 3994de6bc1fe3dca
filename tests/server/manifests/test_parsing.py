"""Parsing of manifests: what cannot be stored is repaired, and what would fill the memory is refused unread."""

import pytest

from agentsentinel.errors import Invalid
from agentsentinel.manifests.parsing import MOST_DEPTH, MOST_VALUES, check_depth, parse
from agentsentinel.wire.body import TooLarge


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (b'"\xff"', "\ufffd"),
        (rb'"\\u0000"', "\\u0000"),
        (b"1e400", "1e400"),
        (b"-1e400", "-1e400"),
        (b"NaN", "NaN"),
        (b"1e-400", 0.0),
        (b"1.50", 1.5),
        (b"12", 12),
    ],
)
def test_what_cannot_be_stored_is_replaced_and_all_else_stays(body: bytes, value: object) -> None:
    assert parse(body) == value


def test_values_are_counted_before_they_are_made() -> None:
    assert len(parse(b"[" + b"0," * (MOST_VALUES - 2) + b"0]")) == MOST_VALUES - 1
    with pytest.raises(TooLarge, match="400,000 values"):
        parse(b"," * (MOST_VALUES + 1))


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_depth_is_counted_in_lists_and_objects() -> None:
    check_depth([])
    check_depth([{"a": [1, "x", None]}, nested(MOST_DEPTH)])
    with pytest.raises(Invalid, match=f"{MOST_DEPTH} levels"):
        check_depth([{}, nested(MOST_DEPTH + 1)])
