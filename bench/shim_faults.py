"""`python -m bench.shim_faults`: what callers notice when what stands around the shim is killed.

Our server is killed in the middle of the calls: every call must still be answered, as quickly as without it. The MCP
server is killed with calls in flight, behind a relay and behind a bridge: each must end as an error, at once, and the
next call must work again. Exit code 1 when a bar is missed. Needs the environment of `make conformance`.
"""

import argparse
import contextlib
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.conformance.chains import ENVIRONMENT, UPSTREAM, shim_command, shim_variables
from bench.processes import free_port, running, wait_until_listening
from bench.shim import SENTINEL, WARM_UP_CALLS, Caller

MOST_ADDED_P99_MS = 5.0
MOST_ERROR_SECONDS = 2.0
IN_FLIGHT = 10


def main() -> int:
    """Measure, print the figures, and return the exit code."""
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        is_quick = _kill_our_server(Path(folder), options.calls)
        is_told = [_kill_the_upstream(Path(folder), how) for how in ("--upstream-url", "--upstream-cmd")]
    return 0 if is_quick and all(is_told) else 1


def _kill_our_server(folder: Path, calls: int) -> bool:
    """Measure calls beside direct ones while our server ends; returns whether the bar holds."""
    with (
        _listening([*UPSTREAM, "{port}"], folder / "upstream.log") as (upstream, _),
        _listening([sys.executable, "-c", SENTINEL], folder / "sentinel.log") as (sentinel, sentinel_pid),
        _shim(["--upstream-url", f"{upstream}/mcp"], sentinel, folder) as (relay, _),
    ):
        callers = {"direct": Caller(f"{upstream}/mcp"), "shim": Caller(f"{relay}/mcp")}
        times: dict[str, list[float]] = {name: [] for name in callers}
        for number in range(WARM_UP_CALLS + calls):
            if number == WARM_UP_CALLS + calls // 2:
                os.kill(sentinel_pid, signal.SIGKILL)
            for name, caller in callers.items():
                times[name].append(caller.call(number))
    p99 = {name: sorted(seconds[WARM_UP_CALLS:])[int(calls * 0.99)] * 1000 for name, seconds in times.items()}
    added = p99["shim"] - p99["direct"]
    print(f"our server killed in the middle of {calls} calls: all answered")
    print(
        f"  p99 direct {p99['direct']:.2f} ms, shim {p99['shim']:.2f} ms, added {_against(added, MOST_ADDED_P99_MS)} ms"
    )
    return added <= MOST_ADDED_P99_MS


def _kill_the_upstream(folder: Path, how: str) -> bool:
    """Kill the MCP server with calls in flight; returns whether each ended as an error in time."""
    port = free_port()
    log = folder / "upstream.log"
    with contextlib.ExitStack() as stack:
        sentinel, _ = stack.enter_context(_listening([sys.executable, "-c", SENTINEL], folder / "sentinel.log"))
        if how == "--upstream-url":
            again = [*UPSTREAM, str(port)]
            upstream_pid = stack.enter_context(running(again, log))
            wait_until_listening(port, upstream_pid, log)
            url, _ = stack.enter_context(_shim([how, f"http://127.0.0.1:{port}/mcp"], sentinel, folder))
            Caller(f"{url}/mcp").call(0)
        else:
            url, shim_pid = stack.enter_context(_shim([how, shlex.join([*UPSTREAM, "stdio"])], sentinel, folder))
            Caller(f"{url}/mcp").call(0)
            (upstream_pid,) = _children(shim_pid)
        seconds, errors = _errors_after_kill(f"{url}/mcp", upstream_pid)
        if how == "--upstream-url":
            wait_until_listening(port, stack.enter_context(running(again, log)), log)
        Caller(f"{url}/mcp").call(1)
    print(f"{how}, the MCP server killed with {IN_FLIGHT} calls in flight: {errors} errors, the next call works")
    print(f"  the last error came after {_against(seconds, MOST_ERROR_SECONDS)} s")
    return errors == IN_FLIGHT and seconds <= MOST_ERROR_SECONDS


def _errors_after_kill(url: str, pid: int) -> tuple[float, int]:
    """Stop a process, call it, and kill it; returns when the last of the calls had ended, and how many failed."""

    def call(number: int) -> bool:
        try:
            Caller(url).call(number)
        except ValueError as error:  # the answer is not that of the call
            return '"error"' in str(error)
        return False

    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        calls = [pool.submit(call, number) for number in range(IN_FLIGHT)]
        time.sleep(1)
        begun = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        errors = sum(call.result() for call in calls)
        return time.perf_counter() - begun, errors


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _shim(options: list[str], sentinel: str, folder: Path) -> AbstractContextManager[tuple[str, int]]:
    return _listening(shim_command(options), folder / "shim.log", shim_variables(sentinel, folder))


@contextmanager
def _listening(command: list[str], log: Path, variables: dict[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """Run a command on a free port, which takes the place of `{port}`; gives its origin and its pid."""
    port = free_port()
    words = [word.replace("{port}", str(port)) for word in command]
    with running(words, log, {**os.environ, **(variables or {})}) as pid:
        wait_until_listening(port, pid, log)
        yield f"http://127.0.0.1:{port}", pid


def _against(figure: float, bar: float) -> str:
    return f"{figure:.2f} (bar {bar:g}{', missed' if figure > bar else ''})"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.shim_faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1000, help="calls each way (%(default)s)")
    options = parser.parse_args()
    if not os.access(ENVIRONMENT / "python", os.X_OK):
        parser.error("its upstream is not installed: run `make conformance` first")
    return options


if __name__ == "__main__":
    sys.exit(main())
