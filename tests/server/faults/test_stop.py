"""Stopping is orderly: what was taken is answered, what was acknowledged is stored, and nothing is left running."""

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from server.faults.embedded_platform import (
    Platform,
    is_alive,
    is_port_free,
    run_command,
    say,
    wait_until,
)
from server.faults.load import Load, new_callers
from server.faults.recount import differences
from server.support import COMMAND, SECRET, environment, new_database, query

EVENTS = 100_000
"""More than are ever sent before the end."""
STOP_SECONDS = 10.0
REFUSED = 2
SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl+C"])

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@SIGNALS
def test_a_stop_under_load_answers_what_was_taken_and_leaves_nothing_running(
    platform: Platform, number: signal.Signals
) -> None:
    load = Load(platform.url, new_callers(platform.server), EVENTS, is_patient=False)
    dsn, process, log_size = platform.dsn, platform.server.process, platform.log.stat().st_size
    pids = platform.postgres_pids()
    before = {row["id"] for row in query(dsn, "SELECT id FROM agent_events")}

    async def stop_under_load() -> float:
        running = asyncio.create_task(load.run())
        await asyncio.sleep(0)
        await load.reached(300)
        begin = time.monotonic()
        process.send_signal(number)
        await running
        await asyncio.to_thread(process.wait, STOP_SECONDS + 5)
        return time.monotonic() - begin

    seconds = asyncio.run(stop_under_load())

    say(f"{number.name} under load: ended after {seconds:.2f} s, {len(load.acknowledged)} events acknowledged")
    assert process.returncode == 0
    assert "Traceback" not in platform.log.read_text()[log_size:]
    assert platform.postgres_pids() == []
    assert not [pid for pid in pids if is_alive(pid)]
    assert is_port_free(platform.port)
    platform.start()
    stored = {row["id"] for row in query(dsn, "SELECT id FROM agent_events")} - before
    assert stored == load.acknowledged.keys()
    wait_until(lambda: "tool_grants" not in differences(dsn), 10, "the grants are up to date")
    assert differences(dsn) == {}


@SIGNALS
def test_a_stop_while_starting_leaves_nothing_running(platform: Platform, number: signal.Signals) -> None:
    platform.server.stop()
    size = platform.log.stat().st_size
    with platform.log.open("ab") as log:
        arguments = [COMMAND, "up", "--port", str(platform.port), "--data-dir", str(platform.data_dir)]
        process = subprocess.Popen(arguments, stdout=log, stderr=log, env=environment())
    wait_until(lambda: platform.postgres_pids() != [], 30, "the database is started")
    process.send_signal(number)
    assert process.wait(STOP_SECONDS) in {0, 128 + number}
    assert "Traceback" not in platform.log.read_text()[size:]
    assert platform.postgres_pids() == []


def test_a_second_start_takes_the_data_over(platform: Platform) -> None:
    platform.server.stop()
    seconds = platform.start()
    say(f"second start: healthy after {seconds:.2f} s")


def test_a_second_server_on_the_same_data_directory_refuses_in_one_line(platform: Platform) -> None:
    refused = platform.run("up", "--port", "0")
    assert_one_line(refused, "already running", str(platform.data_dir))
    assert platform.server.is_healthy()


def test_a_port_in_use_is_refused_in_one_line(platform: Platform, postgres_dsn: str) -> None:
    refused = run_command(
        "up", "--port", str(platform.port), DATABASE_URL=new_database(postgres_dsn), SECRET_KEY=SECRET
    )
    assert_one_line(refused, f"http://localhost:{platform.port}/", "--port", "--data-dir")
    assert platform.server.is_healthy()


def test_an_address_of_another_machine_is_refused_in_one_line(postgres_dsn: str) -> None:
    refused = run_command(
        "up", "--host", "192.0.2.1", "--port", "0", DATABASE_URL=new_database(postgres_dsn), SECRET_KEY=SECRET
    )
    assert_one_line(refused, "192.0.2.1", "--host")


def assert_one_line(refused: subprocess.CompletedProcess[str], *words: str) -> None:
    assert refused.returncode == REFUSED
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert [word for word in words if word not in refused.stderr] == []
