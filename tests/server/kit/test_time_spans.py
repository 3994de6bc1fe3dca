"""Times as requests name them: ISO 8601 with a zone, or how long ago."""

from datetime import UTC, datetime, timedelta

import pytest

from agentsentinel.kit.time_spans import TimeSpan, parse_moment, within
from agentsentinel.models import AuditRow

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", NOW - timedelta(hours=24)),
        ("7d", NOW - timedelta(days=7)),
        ("0", NOW),
        ("2026-11-30T14:00:00Z", NOW + timedelta(hours=2)),
        ("2026-11-30T14:00:00+02:00", NOW),
        ("2026-11-30T14:00+02:00", NOW),
    ],
)
def test_a_time_is_a_duration_before_now_or_iso_8601(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "7",
        "7w",
        "-1h",
        "2026-11-30",
        "2026-11-30T14:00:00",
        "2026-11-30T14:00:00 02:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T00:00:00Z",
        "99999d",
        "2026-13-01T00:00:00Z",
    ],
)
def test_anything_else_is_refused_with_what_to_say(text: str) -> None:
    with pytest.raises(ValueError, match="say a time with its zone"):
        parse_moment(text, NOW)


def test_a_span_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    conditions = [str(one) for one in within(AuditRow.at, TimeSpan(NOW, NOW + timedelta(hours=1)))]
    assert conditions == ["audit_log.at >= :at_1", "audit_log.at < :at_1"]
    assert within(AuditRow.at, TimeSpan()) == []
