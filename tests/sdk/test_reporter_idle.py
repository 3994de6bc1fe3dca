"""A reporter that has nothing to do does nothing, whatever threads are made of: counted in turns of its thread."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from agentsentinel_sdk import Reporter
from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS

MOST_TURNS = 3
"""Limit that a thread meets even if it is woken once too often; one that spins makes tens of thousands of turns."""
IDLE_SECONDS = 0.5


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setattr("agentsentinel_sdk._worker.LINGER_SECONDS", 0.01)


def report(reporter: Reporter) -> None:
    calls = reporter.recorder()
    calls.start(1, "t", {})
    calls.end(1, "done")


def turns_while_idle(reporter: Reporter) -> int:
    """How often the reporter's thread goes round although nothing is asked of it."""
    worker, turns = reporter._worker, []
    turn = worker._turn

    def counted() -> bool:
        turns.append(1)
        return turn()

    worker._turn = counted  # type: ignore[method-assign]
    time.sleep(IDLE_SECONDS)
    return len(turns)


def without_a_spool(_: pytest.MonkeyPatch) -> dict[str, object]:
    return {"spool": None}


def with_the_spool_off(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", "off")
    return {"spool": ""}


def on_windows(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Simulate Windows, which has no locks that distinguish files of live processes from those of ended ones."""
    monkeypatch.setattr("agentsentinel_sdk._spool.fcntl", None)
    return {"spool": ""}


def with_a_spool(_: pytest.MonkeyPatch) -> dict[str, object]:
    return {"spool": ""}


@pytest.mark.parametrize("surroundings", [without_a_spool, with_the_spool_off, on_windows, with_a_spool])
def test_a_reporter_whose_calls_have_arrived_rests(
    surroundings: Callable[[pytest.MonkeyPatch], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(**surroundings(monkeypatch)) as reporter:
        report(reporter)
        assert reporter.flush()
        assert turns_while_idle(reporter) <= MOST_TURNS
        report(reporter)
        assert reporter.flush(), "it has to wake up again"
    assert len(sentinel.events) == 2


def test_a_reporter_that_has_only_been_started_rests() -> None:
    with FakeSentinel().reporter() as reporter:
        assert reporter.agent_id()
        assert turns_while_idle(reporter) <= MOST_TURNS


def test_a_reporter_whose_spool_cannot_be_read_rests_between_its_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("input/output error")

    sentinel = FakeSentinel()
    with sentinel.reporter(spool="") as reporter:
        assert reporter.agent_id()
        sentinel.answer_next(503)
        monkeypatch.setattr("agentsentinel_sdk._spool.Spool.peek", broken)
        report(reporter)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not reporter.stats.spooled:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert turns_while_idle(reporter) < 10


def test_waiting_for_a_server_that_is_away_does_not_hammer_it() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id()
        sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
        before = len(sentinel.requests)
        report(reporter)
        assert not reporter.flush(1.0)
        assert len(sentinel.requests) - before < 20
        sentinel._faults.clear()


def test_of_two_that_wait_at_once_the_one_that_gives_up_leaves_the_other_its_hurry() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id()
        sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
        report(reporter)
        impatient = threading.Thread(target=reporter.flush, args=(0.05,))
        patient = threading.Thread(target=reporter.flush, args=(20,))
        for thread in (patient, impatient):
            thread.start()
        impatient.join()
        assert reporter._worker._is_urgent()
        sentinel._faults.clear()
        patient.join()
        assert not reporter._worker._is_urgent()
    assert len(sentinel.events) == 1


PROGRAM = """
import os, time
from agentsentinel_sdk import Reporter, observe_tool
reporter = Reporter(agent_name="green")

@observe_tool(reporter)
def tool(number):
    time.sleep(0.005)
    return number

def calls():
    for number in range(20):
        tool(number)

def rest():
    turns, turn = [], reporter._worker._turn
    reporter._worker._turn = lambda: turns.append(1) or turn()
    time.sleep(0.5)
    print(reporter.stats.delivered, len(turns))
"""
PLAIN = "calls(); assert reporter.flush(10), reporter.stats; rest()"
SURROUNDINGS = {
    "eventlet": ("import eventlet; eventlet.monkey_patch()", PLAIN),
    "gevent": ("from gevent import monkey; monkey.patch_all()", PLAIN),
    "uvloop": (
        "import asyncio, uvloop",
        """
async def agent():
    await asyncio.gather(*(asyncio.to_thread(tool, number) for number in range(20)))
    assert await reporter.aflush(10)
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(agent())
rest()
""",
    ),
}


@pytest.mark.parametrize("spool", ["off", "on"])
@pytest.mark.parametrize("library", SURROUNDINGS)
def test_a_program_on_green_threads_or_another_loop_goes_on_reports_and_rests(
    library: str, spool: str, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    first, then = SURROUNDINGS[library]
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        settings = {
            "AGENTSENTINEL_API_KEY": sentinel.api_key,
            "SENTINEL_URL": url,
            "AGENTSENTINEL_SPOOL": "off" if spool == "off" else str(tmp_path / "spool"),
        }
        command = [sys.executable, "-W", "ignore", "-c", f"{first}\n{PROGRAM}\n{then}"]
        ended = subprocess.run(
            command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 0, ended.stderr
    delivered, turns = map(int, ended.stdout.split())
    assert (delivered, len(sentinel.events)) == (20, 20)
    assert turns <= MOST_TURNS
