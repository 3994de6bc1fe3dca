"""Errors: the headers that they carry to the client."""

import pytest

from agentsentinel.errors import Overloaded, ServiceError, TooManyFailures


@pytest.mark.parametrize(("seconds", "said"), [(0.0, "1"), (0.4, "1"), (1.0, "1"), (1.5, "2"), (60, "60")])
def test_the_wait_is_in_whole_seconds_and_at_least_one(seconds: float, said: str) -> None:
    assert TooManyFailures(seconds).headers == {"Retry-After": said}


def test_each_error_carries_its_own_headers() -> None:
    Overloaded("wait", 7)
    assert Overloaded("wait").headers == {"Retry-After": "1"}
    assert ServiceError.headers == {}
