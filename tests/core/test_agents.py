"""The snapshot that rules read."""

from datetime import UTC, datetime

import pytest

from agentsentinel_core.agents import ALL_EVIDENCE, AgentProfile, EvidenceKind, ToolGrant, ToolScope
from agentsentinel_core.tools import classify


def test_a_grant_knows_what_its_tool_can_do():
    assert ToolGrant("send_email").tool_class is classify("send_email")


def test_a_grant_takes_a_class_that_was_made_from_more_than_the_name():
    known = classify("sync", annotations={"destructiveHint": True})
    assert ToolGrant("sync", known_class=known).tool_class.scope is ToolScope.WRITE


@pytest.mark.parametrize("field", ["last_called_at", "granted_at"])
def test_a_time_without_a_zone_is_refused(field):
    with pytest.raises(ValueError, match="timezone-aware"):
        ToolGrant("a", **{field: datetime(2026, 1, 1)})  # noqa: DTZ001
    ToolGrant("a", **{field: datetime(2026, 1, 1, tzinfo=UTC)})


def test_by_default_everything_was_looked_at():
    assert AgentProfile().evidence == ALL_EVIDENCE == frozenset(EvidenceKind)


@pytest.mark.parametrize(("text", "expected"), [(None, False), ("", False), (" \n\t", False), ("Reads mail", True)])
def test_a_blank_description_is_none(text, expected):
    assert AgentProfile(description=text).has_description is expected
