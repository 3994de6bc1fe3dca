"""What becomes of reported calls when processes fork, spawn, end, or are killed: nothing is lost, nothing doubled."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from ports import free_port

PRELUDE = (
    f"PATIENCE_SECONDS = {PATIENCE_SECONDS}"
    """
import os, sys, threading, time
from agentsentinel_sdk import Reporter
reporter = Reporter(agent_name="a")
calls = reporter.recorder()
def report(count, who="main"):
    for number in range(count):
        calls.start((who, number), "t", {"who": who, "number": number})
        calls.end((who, number), "done")
def eventually(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, reporter.stats
        time.sleep(0.005)
"""
)


class Programs:
    """Runs Python programs that report to a server, and hears what arrives."""

    def __init__(self, folder: Path) -> None:
        self.sentinel = FakeSentinel()
        self._folder = folder

    def start(self, url: str, script: str) -> "subprocess.Popen[str]":
        path = self._folder / "program.py"  # one name, since it is part of nothing but the made-up agent's name
        path.write_text(PRELUDE + script)
        environment = {
            **os.environ,
            "AGENTSENTINEL_API_KEY": self.sentinel.api_key,
            "SENTINEL_URL": url,
            "AGENTSENTINEL_SPOOL": str(self._folder / "spool"),
        }
        return subprocess.Popen([sys.executable, str(path)], env=environment, stdout=subprocess.PIPE, text=True)

    def run(self, url: str, script: str, code: int = 0) -> float:
        """Seconds it took."""
        started = time.monotonic()
        process = self.start(url, script)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == code
        return time.monotonic() - started

    def left_on_disk(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in (self._folder / "spool").rglob("*.events"))

    def assert_arrived_once(self, count: int) -> None:
        assert len({event["event_id"] for event in self.sentinel.events}) == len(self.sentinel.events) == count
        assert len({event["input_hash"] for event in self.sentinel.events}) == count
        assert self.left_on_disk() == 0


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


def test_a_program_that_ends_with_a_full_queue_loses_nothing(programs: Programs) -> None:
    with programs.sentinel.serve() as url:
        programs.run(url, "report(1000)")
    programs.assert_arrived_once(1000)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("sys.exit(3)", 3),
        ("raise ValueError('the agent itself')", 1),
        ("threading.Thread(target=sys.exit).start()", 0),
        ("import asyncio; asyncio.run(asyncio.sleep(0))", 0),
    ],
)
def test_whatever_ends_a_program_its_calls_arrive(programs: Programs, ending: str, code: int) -> None:
    with programs.sentinel.serve() as url:
        programs.run(url, f"sys.stderr = open(os.devnull, 'w')\nreport(50)\n{ending}", code)
    programs.assert_arrived_once(50)


def test_a_hanging_server_holds_up_the_end_by_two_seconds_at_most_and_the_next_program_delivers(
    programs: Programs,
) -> None:
    from sdk.test_reporter import hanging_server

    with hanging_server() as url:
        port = int(url.rpartition(":")[2])
        process = programs.start(url, "report(1000)")
        process.communicate(timeout=PATIENCE_SECONDS)  # ends, although the server never answers
    assert programs.left_on_disk() == 1000
    with programs.sentinel.serve(port) as url:
        programs.run(url, "reporter.start(); eventually(lambda: reporter.stats.delivered == 1000)")
    programs.assert_arrived_once(1000)


def test_a_program_ends_at_once_when_the_server_is_away(programs: Programs) -> None:
    process = programs.start(f"http://127.0.0.1:{free_port()}", "report(1000)")
    process.communicate(timeout=PATIENCE_SECONDS)
    assert programs.left_on_disk() == 1000


def test_a_killed_program_loses_nothing_it_had_spooled_and_one_of_the_next_delivers_it(programs: Programs) -> None:
    port = free_port()
    script = """
report(5000)
eventually(lambda: reporter.stats.spooled == 5000)
os.kill(os.getpid(), 9)
"""
    programs.run(f"http://127.0.0.1:{port}", script, -9)
    assert programs.left_on_disk() == 5000
    with programs.sentinel.serve(port) as url:
        script = "reporter.start()\ntime.sleep(0.5)\neventually(lambda: reporter.stats.spooled == 0)"
        later = [programs.start(url, script) for _ in range(3)]
        assert [process.wait(60) for process in later] == [0, 0, 0]
    programs.assert_arrived_once(5000)


def test_events_made_while_the_server_was_away_arrive_once_when_it_is_back(programs: Programs) -> None:
    port = free_port()
    script = """
report(5000)
print("reported", flush=True)
eventually(lambda: reporter.stats.delivered == 5000)
"""
    process = programs.start(f"http://127.0.0.1:{port}", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "reported\n"
    time.sleep(1.0)
    with programs.sentinel.serve(port):
        assert process.wait(60) == 0
    programs.assert_arrived_once(5000)


def test_a_server_that_comes_and_goes_gets_each_event_once(programs: Programs) -> None:
    port = free_port()
    process = programs.start(
        f"http://127.0.0.1:{port}",
        """
for burst in range(30):
    report(50, burst)
    time.sleep(0.05)
eventually(lambda: reporter.stats.delivered == 1500)
""",
    )
    up_seconds = 0.3
    while process.poll() is None:
        with programs.sentinel.serve(port):
            time.sleep(up_seconds)
        time.sleep(0.2)
        up_seconds *= 1.3  # the pauses between attempts grow as well
    assert process.returncode == 0
    programs.assert_arrived_once(1500)


FORKING = """
report(100)
child = os.fork()
if child == 0:
    report(100, "child")
    sys.exit()
report(100, "parent")
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_child_reports_its_own_calls_and_none_of_its_parents(programs: Programs) -> None:
    with programs.sentinel.serve() as url:
        programs.run(url, FORKING)
    programs.assert_arrived_once(300)


def test_a_forked_child_leaves_its_own_calls_on_disk_while_the_server_is_away(programs: Programs) -> None:
    port = free_port()
    programs.run(f"http://127.0.0.1:{port}", FORKING)
    assert programs.left_on_disk() == 300
    with programs.sentinel.serve(port) as url:
        programs.run(url, "reporter.start(); eventually(lambda: reporter.stats.delivered == 300)")
    programs.assert_arrived_once(300)


def test_a_fork_while_the_sending_thread_is_busy_does_not_hang_the_child(programs: Programs) -> None:
    script = """
for turn in range(20):
    report(200, ("parent", turn))
    child = os.fork()
    if child == 0:
        report(5, ("child", turn))
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
"""
    with programs.sentinel.serve() as url:
        programs.run(url, script)
    programs.assert_arrived_once(20 * 205)


def test_a_fork_in_the_midst_of_many_threads_does_not_hang_the_child(programs: Programs) -> None:
    script = """
stop = threading.Event()
def hammer(who):
    while not stop.is_set():
        report(1, (who, time.monotonic_ns()))
        time.sleep(0.002)
threads = [threading.Thread(target=hammer, args=(who,)) for who in range(4)]
for thread in threads: thread.start()
for turn in range(8):
    child = os.fork()
    if child == 0:
        report(2, ("child", turn))
        reporter.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for thread in threads: thread.join()
print(reporter.stats.accepted)
"""
    with programs.sentinel.serve() as url:
        process = programs.start(url, script)
        accepted = int(process.communicate(timeout=120)[0])
    assert process.returncode == 0
    programs.assert_arrived_once(accepted + 16)


def test_reporting_imports_nothing_so_that_no_fork_finds_an_import_half_done(programs: Programs) -> None:
    script = """
before = set(sys.modules)
report(3)
calls.start("failing", "t", {"é": 1.5, 2: b"x"})
calls.error("failing", ValueError("no"))
assert reporter.flush(10)
assert set(sys.modules) == before, set(sys.modules) - before
"""
    with programs.sentinel.serve() as url:
        programs.run(url, script)


def test_a_call_that_is_open_when_its_process_forks_is_reported_by_the_parent_alone(programs: Programs) -> None:
    script = """
calls.start("open", "t", {})
child = os.fork()
calls.end("open", "done")
if child: os.waitpid(child, 0)
"""
    with programs.sentinel.serve() as url:
        programs.run(url, script)
    programs.assert_arrived_once(1)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_report_however_they_are_started(programs: Programs, method: str) -> None:
    script = f"""
import multiprocessing
def work(who):
    report(100, who)
if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    children = [context.Process(target=work, args=(who,)) for who in range(3)]
    for child in children: child.start()
    report(100)
    for child in children: child.join(); assert child.exitcode == 0
"""
    with programs.sentinel.serve() as url:
        programs.run(url, script)
    programs.assert_arrived_once(400)


def test_a_signal_handler_may_report(programs: Programs) -> None:
    script = """
import signal
signal.signal(signal.SIGALRM, lambda *_: report(1, ("signal", time.monotonic_ns())))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
report(3000)
signal.setitimer(signal.ITIMER_REAL, 0)
assert reporter.flush(10) and reporter.stats.delivered == reporter.stats.accepted > 3000, reporter.stats
"""
    with programs.sentinel.serve() as url:
        programs.run(url, script)


def test_an_event_that_is_reported_when_no_thread_can_start_any_more_is_not_lost(programs: Programs) -> None:
    with programs.sentinel.serve() as url:
        programs.run(url, "import atexit; atexit.register(report, 10)")
    assert len(programs.sentinel.events) + programs.left_on_disk() == 10


def test_a_tool_that_the_end_of_the_program_cuts_off_is_an_error(programs: Programs) -> None:
    with programs.sentinel.serve() as url:
        programs.run(url, 'calls.start("1", "t", {})\nraise KeyboardInterrupt', code=-2)
    assert [event["status"] for event in programs.sentinel.events] == ["error"]
