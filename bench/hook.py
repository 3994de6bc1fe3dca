"""`python -m bench.hook`: what one call of `sentinel hook` takes beyond the start of the interpreter that runs it.

Three take turns, call by call, so that what else the machine does meets them alike: the bare interpreter, the hook that
reports, and the one before a call that also decides, by a policy of a hundred rules. The processor's time of each
process is shown beside, which a busy machine lengthens less. Nothing is sent: a shipper is shown to be at work, so that
none is started, and the time is that of what a coding agent waits for. Exit code 1 when the bar is missed.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.hook import spool

MOST_ADDED_MS = 20.0
"""At the 99th percentile."""
SENTINEL = Path(sys.executable).with_name("sentinel")
CALL = {
    "session_id": "bench",
    "cwd": "/work",
    "hook_event_name": "PreToolUse",
    "tool_name": "mcp__github__create_issue",
    "tool_use_id": "toolu_bench",
    "tool_input": {"title": "A title", "body": "text " * 200},
}
REPORT = {**CALL, "hook_event_name": "PostToolUse", "tool_response": [{"type": "text", "text": "answer " * 500}]}
RULE = """\
  - id: r{n}
    mode: enforce
    when: {{server: github, tool: "*_issue", arguments: {{title: {{matches: "^secret {n}[a-z]+$"}}}}}}
"""
RULES = 100
BARE = "python -c pass"
Times = dict[str, list[float]]
"""Milliseconds of each call, by what was called."""


def main() -> int:
    """Measure, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.hook", description=__doc__)
    parser.add_argument("--calls", type=int, default=300, help="calls of each (%(default)s)")
    calls = parser.parse_args().calls
    sentinel = FakeSentinel()
    with tempfile.TemporaryDirectory() as home, sentinel.serve() as url:
        folder = Path(home) / "agentsentinel" / "hook"
        folder.mkdir(parents=True)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": home, "SENTINEL_URL": url}
        environment["AGENTSENTINEL_API_KEY"] = sentinel.api_key
        with spool.Lock(str(folder / spool.SHIPPER_LOCK)):
            wall, processor = _measure(calls, environment, Path(home))
        records = [json.loads(line) for line in (folder / spool.NAME).read_text().splitlines()]
        _end_deciders(folder)
    added = [_show(kind, times) for kind, times in (("wall", wall), ("processor", processor))]
    decided = sum(record.get("decision") == "allow" for record in records)
    print(f"calls left in the spool: {len(records)} of {2 * calls + 2}, of which {decided} of {calls + 1} were decided")
    is_missed = max(added[0]) > MOST_ADDED_MS or len(records) != 2 * calls + 2 or decided != calls + 1
    print(f"bar: at most {MOST_ADDED_MS} ms at p99{', missed' if is_missed else ''}")
    return int(is_missed)


def _show(kind: str, times: Times) -> list[float]:
    """Print the figures of one kind of time; return what each hook adds to the interpreter at p99."""
    bare = times[BARE]
    for name, milliseconds in times.items():
        line = f"{kind:<9} {name:<23} p50 {statistics.median(milliseconds):7.2f} ms   p99 {_p99(milliseconds):7.2f} ms"
        if name != BARE:
            p50 = statistics.median(milliseconds) - statistics.median(bare)
            ratio = statistics.median(milliseconds) / statistics.median(bare)
            line += (
                f"   added p50 {p50:6.2f} ms   p99 {_p99(milliseconds) - _p99(bare):6.2f} ms   ratio of p50 {ratio:.2f}"
            )
        print(line)
    return [_p99(milliseconds) - _p99(bare) for name, milliseconds in times.items() if name != BARE]


def _measure(calls: int, environment: dict[str, str], home: Path) -> tuple[Times, Times]:
    """Return wall and processor times in milliseconds, in turns after one call that fills the caches."""
    (home / "call").write_text(json.dumps(CALL))
    (home / "report").write_text(json.dumps(REPORT))
    policy = home / "policy.yaml"
    policy.write_text("version: 1\nrules:\n" + "".join(RULE.format(n=number) for number in range(RULES)))
    hook = [str(SENTINEL), "hook", "--client", "claude-code"]
    commands = {
        BARE: ([sys.executable, "-c", "pass"], home / "report"),
        "sentinel hook": (hook, home / "report"),
        "sentinel hook --enforce": ([*hook, "--policy", str(policy), "--enforce"], home / "call"),
    }
    wall: Times = {name: [] for name in commands}
    processor: Times = {name: [] for name in commands}
    for number in range(calls + 1):
        for name, (command, payload) in commands.items():
            times = _run(command, environment, payload)
            if number:
                wall[name].append(times[0])
                processor[name].append(times[1])
    return wall, processor


def _end_deciders(folder: Path) -> None:
    """End the process that decides, which waits for more calls."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            if str(folder).encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                os.kill(int(name), signal.SIGTERM)


def _run(command: list[str], environment: dict[str, str], payload: Path) -> tuple[float, float]:
    """Run a command; return the time until it ended, and that of the processor, in milliseconds."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(payload), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_RDWR, 0),
    ]
    began = time.perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{command[0]} ended with {status}")
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def _p99(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[int(len(milliseconds) * 0.99)]


if __name__ == "__main__":
    sys.exit(main())
