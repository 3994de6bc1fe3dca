"""Starts of a server that fails are spaced, those of one that works are not; what it writes is bounded."""

import asyncio
import itertools
import sys

import pytest

from agentsentinel_shim.upstream import EARLY_SECONDS, LONGEST_PAUSE_SECONDS, BackOff, StdioServer
from patience import PATIENCE_SECONDS


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


async def lines_of(program: str, most_line_bytes: int) -> tuple[list[bytes], StdioServer]:
    """Return the lines that a program writes, and its server after its end."""
    lines: list[bytes] = []
    end = asyncio.Event()
    command = [sys.executable, "-c", program]
    server = await StdioServer.start(command, lines.append, end.set, most_line_bytes=most_line_bytes)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await end.wait()
        await server.stop()
    return lines, server


def test_a_server_that_writes_a_line_without_an_end_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    lines, server = asyncio.run(lines_of("print('a')\nwhile True: print(end='x' * 4096)", 1_000_000))
    assert (lines, server.has_overflowed) == ([b"a"], True)
    assert "a line of more than 1000000 bytes" in caplog.text


def test_lines_up_to_the_limit_pass_whole() -> None:
    lines, server = asyncio.run(lines_of("for _ in range(3): print('x' * 1_000_000)", 1_000_000))
    assert (lines, server.has_overflowed) == ([b"x" * 1_000_000] * 3, False)
