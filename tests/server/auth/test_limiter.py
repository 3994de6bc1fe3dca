"""How many wrong keys an address may send, and of how many addresses that is known."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.auth.limiter import MINUTE, MOST_ADDRESSES, FailureLimiter


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# --- the limiter


@given(st.integers(1, 100), st.lists(st.floats(0, 30), max_size=200))
def test_nobody_fails_more_often_than_a_burst_and_the_rate_allow(per_minute: int, pauses: list[float]) -> None:
    clock = Clock()
    limiter = FailureLimiter(per_minute, clock)
    begin, allowed = clock.now, 0
    for pause in pauses:
        clock.now += pause
        was_over = limiter.is_over("a")
        seconds = limiter.fail("a")
        assert (seconds > 0) == was_over
        allowed += seconds == 0
        assert allowed <= per_minute + (clock.now - begin) * per_minute / MINUTE + 1e-6


@given(st.integers(1, 1000))
def test_who_waits_as_long_as_is_said_may_fail_again(per_minute: int) -> None:
    clock = Clock()
    limiter = FailureLimiter(per_minute, clock)
    assert [limiter.fail("a") for _ in range(per_minute)] == [0.0] * per_minute
    seconds = limiter.fail("a")
    assert 0 < seconds <= MINUTE
    clock.now += seconds + 1e-6
    assert limiter.fail("a") == 0


def test_addresses_do_not_count_for_each_other() -> None:
    limiter = FailureLimiter(1, Clock())
    assert (limiter.fail("a"), limiter.fail("b")) == (0, 0)
    assert limiter.is_over("a")
    assert not limiter.is_over("c")


def test_only_so_many_addresses_are_remembered_and_those_that_failed_last() -> None:
    limiter = FailureLimiter(1, Clock())
    for number in range(3 * MOST_ADDRESSES):
        limiter.fail("persistent")
        limiter.fail(str(number))
    assert len(limiter) == MOST_ADDRESSES
    assert limiter.is_over("persistent")
    assert not limiter.is_over("0")
