"""Each refused request is counted under a reason, and nothing that was received goes uncounted."""

import pytest

from agentsentinel import errors
from agentsentinel.errors import Overloaded, ServiceError
from agentsentinel.ingest.event_counts import REASON_OF_STATUS, EventCounts, reason_of

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ServiceError)]


def test_what_is_refused_was_received() -> None:
    counts = EventCounts()
    counts.reject("invalid")
    counts.reject("overload", 1000)
    assert counts.received == sum(counts.rejected.values()) == 1001
    assert counts.rejected == {"invalid": 1, "overload": 1000}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not ServiceError], ids=lambda kind: kind.__name__)
def test_each_error_of_a_service_has_a_reason_of_its_own(kind: type[ServiceError]) -> None:
    assert kind.status in REASON_OF_STATUS


def test_too_much_work_and_too_many_wrong_keys_are_different_reasons() -> None:
    assert reason_of(Overloaded("wait")) == "overload"
    assert reason_of(errors.TooManyFailures(1.0)) == "unauthenticated"
