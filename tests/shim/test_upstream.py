"""Starts of a server that fails are spaced; those of one that works are not."""

import itertools

from agentsentinel_shim.upstream import EARLY_SECONDS, LONGEST_PAUSE_SECONDS, BackOff


def failing_starts(back_off: BackOff, count: int) -> list[float]:
    """Start a server that ends at once, as often as clients ask; return the pauses before the starts."""
    now, pauses = 1000.0, []
    for _ in range(count):
        pauses.append(back_off.reserve(now))
        now += pauses[-1]
        back_off.ended(now, now + 0.01)
        now += 0.01
    return pauses


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = failing_starts(BackOff(), 12)
    assert pauses[:4] == [0.0, 0.5, 1.0, 2.0]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_clients_that_ask_at_once_start_one_after_the_other_while_it_fails() -> None:
    back_off = BackOff()
    failing_starts(back_off, 3)
    waits = [back_off.reserve(2000.0) for _ in range(3)]
    assert [later - sooner for sooner, later in itertools.pairwise(waits)] == [2.0, 2.0]


def test_servers_that_end_together_are_one_failure() -> None:
    back_off = BackOff()
    for _ in range(10):
        assert back_off.reserve(1000.0) == 0
    for number in range(10):
        back_off.ended(1000.0, 1001.0 + number / 100)
    assert back_off.reserve(1001.1) < 0.5


def test_a_start_that_lives_ends_the_pauses() -> None:
    back_off = BackOff()
    failing_starts(back_off, 5)
    now = 2000.0 + back_off.reserve(2000.0)
    later = now + EARLY_SECONDS + 1
    assert [back_off.reserve(later) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_server_that_has_worked_for_a_while_may_end_without_a_pause() -> None:
    back_off = BackOff()
    back_off.reserve(1000.0)
    back_off.ended(1000.0, 1000.0 + EARLY_SECONDS)
    assert back_off.reserve(1006.0) == 0
