"""`python -m bench.hook`: what one call of `sentinel hook` takes beyond the start of the interpreter that runs it.

Both take turns, call by call, so that what else the machine does meets both alike. Nothing is sent: a shipper is shown
to be at work, so that none is started, and the time is that of what a coding agent waits for. Exit code 1 when the bar
is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from agentsentinel_shim.hook import spool

MOST_ADDED_MS = 20.0
"""At the 99th percentile."""
SENTINEL = Path(sys.executable).with_name("sentinel")
PAYLOAD = {
    "session_id": "bench",
    "cwd": "/work",
    "hook_event_name": "PostToolUse",
    "tool_name": "mcp__github__create_issue",
    "tool_use_id": "toolu_bench",
    "tool_input": {"title": "A title", "body": "text " * 200},
    "tool_response": [{"type": "text", "text": "answer " * 500}],
}


def main() -> int:
    """Measure, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.hook", description=__doc__)
    parser.add_argument("--calls", type=int, default=300, help="calls of each (%(default)s)")
    calls = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "agentsentinel" / "hook"
        folder.mkdir(parents=True)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home}
        with spool.Lock(str(folder / spool.SHIPPER_LOCK)):
            bare, hook = _measure(calls, environment)
        lines = len((folder / spool.NAME).read_text().splitlines())
    for name, milliseconds in (("python -c pass", bare), ("sentinel hook", hook)):
        print(f"{name:<16} p50 {statistics.median(milliseconds):7.2f} ms   p99 {_p99(milliseconds):7.2f} ms")
    ratio = statistics.median(hook) / statistics.median(bare)
    added, added_p99 = statistics.median(hook) - statistics.median(bare), _p99(hook) - _p99(bare)
    print(f"added            p50 {added:7.2f} ms   p99 {added_p99:7.2f} ms   ratio of p50 {ratio:.2f}")
    print(f"calls left in the spool: {lines} of {calls + 1}")
    is_missed = added_p99 > MOST_ADDED_MS or lines != calls + 1
    print(f"bar: at most {MOST_ADDED_MS} ms at p99{', missed' if is_missed else ''}")
    return int(is_missed)


def _measure(calls: int, environment: dict[str, str]) -> tuple[list[float], list[float]]:
    """Return the times of both in milliseconds, in turns after one call that fills the caches."""
    payload = json.dumps(PAYLOAD).encode()
    commands: list[Sequence[str]] = [
        [sys.executable, "-c", "pass"],
        [str(SENTINEL), "hook", "--client", "claude-code"],
    ]
    times: list[list[float]] = [[], []]
    for _ in range(calls + 1):
        for command, milliseconds in zip(commands, times, strict=True):
            began = time.perf_counter()
            subprocess.run(command, input=payload, env=environment, check=True, capture_output=True)
            milliseconds.append((time.perf_counter() - began) * 1000)
    return times[0][1:], times[1][1:]


def _p99(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[int(len(milliseconds) * 0.99)]


if __name__ == "__main__":
    sys.exit(main())
