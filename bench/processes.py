"""Child processes: started apart from our terminal, measured by /proc, and always ended."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from bench.wrk import BenchError

STOP_SECONDS = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port that no process listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore Ctrl+C and SIGTERM for the duration of the block, so that a clean-up is not interrupted."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a command for the duration of the block and yield its pid.

    The command has a session of its own: Ctrl+C reaches only us, and we stop the command in order.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        yield process.pid
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except BaseException:  # a second Ctrl+C too: nothing may stay behind
        process.kill()
        process.wait()
        raise


def wait_until_ok(url: str, pid: int, log: Path, seconds: float = 120.0) -> None:
    """Wait until the URL answers 200 with status ok. Raises BenchError, with the log's end, when it never does."""
    deadline = time.monotonic() + seconds
    with httpx2.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline and _is_alive(pid):
            try:
                if client.get(url).json().get("status") == "ok":
                    return
            except (httpx2.HTTPError, ValueError):
                pass
            time.sleep(0.01)
    raise BenchError(f"{url} does not answer:\n{log.read_text(errors='replace')[-2000:]}")


def wait_until_listening(port: int, pid: int, log: Path, seconds: float = 120.0) -> None:
    """Wait until a process takes connections. Raises BenchError, with the log's end, when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _is_alive(pid):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise BenchError(f"nothing listens on port {port}:\n{log.read_text(errors='replace')[-2000:]}")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time so far of a process and all its descendants, those that have ended included."""
    children: dict[int, list[int]] = {}
    times: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            number = int(entry.name)
            children.setdefault(int(fields[1]), []).append(number)
            times[number] = sum(int(ticks) for ticks in fields[11:15])
    total, waiting = 0, [pid]
    while waiting:
        number = waiting.pop()
        total += times.get(number, 0)
        waiting += children.get(number, [])
    return total / TICKS


def own_cpu_seconds(pid: int) -> float:
    """Return the CPU time of one process without its children."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def _is_alive(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on, state first; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
