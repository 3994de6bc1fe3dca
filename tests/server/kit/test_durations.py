"""Lengths of time as people type them."""

from datetime import timedelta

import pytest

from agentsentinel.kit.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30d", timedelta(days=30)),
        ("24h", timedelta(hours=24)),
        ("90m", timedelta(minutes=90)),
        ("10s", timedelta(seconds=10)),
        ("0", timedelta()),
        ("0d", timedelta()),
        (" 7 D ", timedelta(days=7)),
    ],
)
def test_a_number_and_its_unit_are_understood(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "d", "30", "-1d", "1w", "1.5d", "tomorrow", "3651d", "999999999d", "٣d", "1d1h"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"30d|3650d"):
        parse_duration(text)
