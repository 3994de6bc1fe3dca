"""Which events a caller may report: its own agent's, and no older or newer than its key allows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from agentsentinel.auth.principal import KeyScope, Principal
from agentsentinel.ingest.acceptance import Acceptance
from agentsentinel.ingest.event import EventReport, Refused

AGENT = UUID(int=1)
ADMIN = Principal(uuid4(), KeyScope.ADMIN, None)
OWN = Principal(uuid4(), KeyScope.AGENT, AGENT)
FOREIGN = Principal(uuid4(), KeyScope.AGENT, UUID(int=2))
LITTLE = timedelta(minutes=5)
DAY = timedelta(hours=24)
RETENTION = timedelta(days=30)


def refusal(principal: Principal, age: timedelta | None) -> Refused | None:
    moment = None if age is None else datetime.now(UTC) - age
    report = EventReport(AGENT, "search", "0" * 64, "0" * 64, timestamp=moment)
    return Acceptance(RETENTION).refusal(principal, report)


@pytest.mark.parametrize(
    ("principal", "age"),
    [(OWN, None), (OWN, DAY - LITTLE), (ADMIN, DAY + LITTLE), (ADMIN, RETENTION - LITTLE), (OWN, LITTLE - DAY)],
)
def test_an_event_within_its_keys_limits_is_accepted(principal: Principal, age: timedelta | None) -> None:
    assert refusal(principal, age) is None


@pytest.mark.parametrize(
    ("principal", "age", "word"),
    [
        (OWN, DAY + LITTLE, "admin key"),
        (OWN, -DAY - LITTLE, "ahead"),
        (ADMIN, -DAY - LITTLE, "ahead"),
        (ADMIN, RETENTION + timedelta(days=8), "EVENT_RETENTION_DAYS"),
    ],
)
def test_an_event_outside_of_them_is_refused_with_the_reason(principal: Principal, age: timedelta, word: str) -> None:
    refused = refusal(principal, age)
    assert refused is not None
    assert refused.status == 422
    assert word in refused.detail


def test_a_foreign_key_learns_nothing_about_the_time() -> None:
    assert refusal(FOREIGN, RETENTION * 2) == refusal(FOREIGN, None)
    refused = refusal(FOREIGN, None)
    assert refused is not None
    assert refused.status == 403
