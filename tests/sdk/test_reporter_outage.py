"""The real server goes away and comes back: what was reported meanwhile arrives once, also from a process that died.

`OUTAGE_SECONDS=60 pytest tests/sdk/test_reporter_outage.py` is the long form; the suite's is as short as it can be.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from patience import PATIENCE_SECONDS
from server.support import Home, Server, environment, new_database, query

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "1"))
EVENTS = 5000

AGENT = """
import os, sys, time
from agentsentinel_sdk import Reporter
reporter = Reporter(agent_name=sys.argv[1])
calls = reporter.recorder()
def report(start, count):
    for number in range(start, start + count):
        calls.start(number, "search_crm", {"number": number})
        calls.end(number, "done")
def told(**stats):
    while any(getattr(reporter.stats, name) != value for name, value in stats.items()):
        time.sleep(0.01)
    print(*stats, flush=True)
"""


class Shop(Home):
    """What the server holds of an agent."""

    def stored(self, agent: str) -> tuple[int, int]:
        """Events, and different inputs among them."""
        sql = """
            SELECT count(*) AS events, count(DISTINCT input_hash) AS inputs FROM agent_events e
            JOIN agents a ON a.id = e.agent_id WHERE a.name = $1
        """
        row = query(self.server.dsn, sql, agent)[0]
        return row["events"], row["inputs"]

    def counted(self, agent: str) -> int:
        """Events that the agent's score knows of, at most 20 seconds later."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        total = 0
        while total != EVENTS and time.monotonic() < deadline:
            rows = query(self.server.dsn, "SELECT scored_events FROM agents WHERE name = $1", agent)
            total = int(rows[0]["scored_events"])
            time.sleep(0.05)
        return total


@pytest.fixture(scope="module")
def home(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Run the real server, as a process, on a database of its own."""
    place = Shop(new_database(postgres_dsn), tmp_path_factory.mktemp("server"))
    yield place
    place.server.stop()


class Agents:
    """Programs that report to the server, all by one name."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.name = f"outage-{uuid4().hex}"
        self._started: list[subprocess.Popen[str]] = []
        self._settings = environment(
            AGENTSENTINEL_API_KEY=server.admin_key,
            SENTINEL_URL=server.url,
            AGENTSENTINEL_SPOOL=str(folder / "spool"),
        )

    def start(self, script: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", AGENT + script, self.name]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=self._settings, stdin=pipe, stdout=pipe, text=True)
        self._started.append(process)
        return process

    def kill(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def agents(home: Shop, tmp_path: Path) -> Iterator[Agents]:
    programs = Agents(home.server, tmp_path)
    yield programs
    programs.kill()


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def say(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_what_happens_while_the_server_is_away_arrives_once_after_its_return(home: Shop, agents: Agents) -> None:
    process = agents.start(f"""
report(0, 100); told(delivered=100)
sys.stdin.readline()
seconds, left = {OUTAGE_SECONDS}, {EVENTS - 200}
for part in range(50):  # all through the outage, as an agent does
    report(100 + part * left // 50, left // 50)
    time.sleep(seconds / 50)
print("reported", flush=True)
told(delivered={EVENTS - 100}); report({EVENTS - 100}, 100); told(delivered={EVENTS}, dropped=0, rejected=0)
""")
    assert heard(process) == "delivered"
    home.go()
    say(process)
    assert heard(process) == "reported"
    home.come_back()
    assert heard(process) == "delivered"
    assert heard(process) == "delivered dropped rejected"
    assert home.stored(agents.name) == (EVENTS, EVENTS)
    assert home.counted(agents.name) == EVENTS


def test_a_process_that_is_killed_meanwhile_leaves_its_events_to_the_next(home: Shop, agents: Agents) -> None:
    process = agents.start(f"""
report(0, 100); told(delivered=100)
sys.stdin.readline()
report(100, {EVENTS - 100}); told(spooled={EVENTS - 100}, queued=0)
sys.stdin.readline()
""")
    assert heard(process) == "delivered"
    home.go()
    say(process)
    assert heard(process) == "spooled queued"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(OUTAGE_SECONDS)
    home.come_back()
    later = agents.start(f"reporter.start(); told(adopted={EVENTS - 100}, delivered={EVENTS - 100}, dropped=0)")
    assert heard(later) == "adopted delivered dropped"
    assert home.stored(agents.name) == (EVENTS, EVENTS)
    assert home.counted(agents.name) == EVENTS


def test_a_server_that_dies_in_the_midst_of_a_batch_gets_each_event_once(home: Shop, agents: Agents) -> None:
    process = agents.start(f"""
report(0, {EVENTS}); print("reported", flush=True); told(delivered={EVENTS}, dropped=0, rejected=0)
""")
    assert heard(process) == "reported"
    home.die()
    home.come_back()
    assert heard(process) == "delivered dropped rejected"
    assert home.stored(agents.name) == (EVENTS, EVENTS)
    assert home.counted(agents.name) == EVENTS
