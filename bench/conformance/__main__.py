"""`make conformance`: run MCP's official conformance suite directly and through the shim, and compare.

The upstream is a server of our own on the official SDK (`upstream.py`). Through `sentinel shim --upstream-url` each
check must end as it does without the shim; through `sentinel shim --upstream-cmd`, which serves the same server as a
stdio process, at least 95 % of the checks that pass directly must pass.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from agentsentinel_sdk.testing import FakeSentinel
from bench.conformance.chains import CHAINS, ENVIRONMENT, start
from bench.conformance.suites import MODULES, SUITES, Results, run_suite

Run = tuple[str, str]
"""Name of a chain and of a suite."""
SHARE_OVER_STDIO = 0.95
"""Part of the checks that pass directly that must pass with a stdio upstream, which has no streams to resume."""


def main() -> int:
    """Run the suites, print the table, and return the exit code: 1 when a total or the relay misses its bar."""
    options = _parse()
    results: dict[Run, Results] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sentinel = stack.enter_context(FakeSentinel().serve())
        for chain in options.chain:
            url = stack.enter_context(start(chain, sentinel, folder))
            for name in options.suite:
                results[chain, name] = run_suite(SUITES[name], url, folder / chain / name, options.scenario)
                print(f"{CHAINS[chain]}, {name}: {results[chain, name].total()}", file=sys.stderr, flush=True)
    print(_table(results, options.chain, options.suite))
    problems = [] if options.scenario else missed_bars(results)
    for (chain, name), scenario in differences(results):
        print(f"{CHAINS[chain]}, {name}: {scenario}")
        problems += [f"{CHAINS[chain]}, {name}: not as directly"] if chain == "http" else []
    print(*dict.fromkeys(problems), sep="\n")
    return 1 if problems else 0


def _table(results: dict[Run, Results], chains: list[str], suites: list[str]) -> str:
    """Return the checks passed and failed of each chain and suite as a Markdown table."""
    lines = ["| | " + " | ".join(suites) + " |", "|---|" + "---|" * len(suites)]
    lines += [
        f"| {CHAINS[chain]} | " + " | ".join(results[chain, name].total() for name in suites) + " |" for chain in chains
    ]
    return "\n".join(lines)


def missed_bars(results: Mapping[Run, Results]) -> list[str]:
    """Return a line for each total that misses its bar."""
    lines = []
    for (chain, name), run in results.items():
        bar: float = SUITES[name].least_passed if chain == "direct" else 0
        if chain == "stdio" and ("direct", name) in results:
            bar = SHARE_OVER_STDIO * results["direct", name].passed
        if run.passed < bar:
            lines.append(f"{CHAINS[chain]}, {name}: {run.passed} checks pass, fewer than {bar:g}")
    return lines


def differences(results: Mapping[Run, Results]) -> list[tuple[Run, str]]:
    """Return each scenario that ended in another way than directly, with the run it belongs to."""
    return [
        ((chain, name), scenario)
        for (chain, name), run in results.items()
        if chain != "direct" and ("direct", name) in results
        for scenario in run.differences(results["direct", name])
    ]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chain", action="append", choices=CHAINS, help="one chain (all)")
    parser.add_argument("--suite", action="append", choices=SUITES, help="one suite (all)")
    parser.add_argument("--scenario", metavar="NAME", help="one scenario of the suite (all)")
    options = parser.parse_args()
    if not MODULES.exists() or not ENVIRONMENT.exists():
        parser.error("the suite is not installed: run `make conformance`")
    options.chain = [chain for chain in CHAINS if chain in (options.chain or CHAINS)]
    options.suite = [name for name in SUITES if name in (options.suite or SUITES)]
    return options


if __name__ == "__main__":
    sys.exit(main())
