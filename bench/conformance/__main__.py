"""`make conformance`: run MCP's official conformance suite directly and through the shim, and compare.

The upstream is a server of our own on the official SDK (`upstream.py`). Through `sentinel shim --upstream-url` each
check must end as it does without the shim; through `sentinel shim --upstream-cmd`, which serves the same server as a
stdio process, at least 95 % of the checks that pass directly must pass.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from agentsentinel_sdk.testing import FakeSentinel
from bench.conformance.chains import CHAINS, start
from bench.conformance.suites import SUITES, Results, run_suite

SHARE_OVER_STDIO = 0.95
"""Part of the checks that pass directly that must pass with a stdio upstream, which has no streams to resume."""


def main() -> int:
    """Run the suites, print the table, and return the exit code: 1 when a total or the relay misses its bar."""
    options = _parse()
    results: dict[tuple[str, str], Results] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sentinel = stack.enter_context(FakeSentinel().serve())
        for chain in options.chain:
            url = stack.enter_context(start(chain, sentinel, folder))
            for name in options.suite:
                results[chain, name] = run_suite(SUITES[name], url, folder / chain / name, options.scenario)
                print(f"{CHAINS[chain]}, {name}: {results[chain, name].total()}", file=sys.stderr, flush=True)
    print(_table(results, options.chain, options.suite))
    problems = [] if options.scenario else _problems(results, options.chain, options.suite)
    problems += _failed_alone(results, options.chain, options.suite)
    print(*problems, sep="\n")
    return 1 if problems else 0


def _table(results: dict[tuple[str, str], Results], chains: list[str], suites: list[str]) -> str:
    """Return the checks passed and failed of each chain and suite as a Markdown table."""
    lines = ["| | " + " | ".join(suites) + " |", "|---|" + "---|" * len(suites)]
    lines += [
        f"| {CHAINS[chain]} | " + " | ".join(results[chain, name].total() for name in suites) + " |" for chain in chains
    ]
    return "\n".join(lines)


def _problems(results: dict[tuple[str, str], Results], chains: list[str], suites: list[str]) -> list[str]:
    """Return a line for each total that misses its bar."""
    lines = []
    for name in suites:
        for chain in chains:
            passed = results[chain, name].passed
            bar: float = SUITES[name].least_passed if chain == "direct" else 0
            if chain == "stdio" and "direct" in chains:
                bar = SHARE_OVER_STDIO * results["direct", name].passed
            if passed < bar:
                lines.append(f"{CHAINS[chain]}, {name}: {passed} checks pass, fewer than {bar:g}")
    return lines


def _failed_alone(results: dict[tuple[str, str], Results], chains: list[str], suites: list[str]) -> list[str]:
    """Return a line for each scenario that ends in another way through the shim; over stdio they are only printed."""
    lines = []
    for name in suites:
        for chain in chains[1:] if chains[0] == "direct" else []:
            for scenario in results[chain, name].differences(results["direct", name]):
                line = f"{CHAINS[chain]}, {name}: {scenario}"
                if chain == "http":
                    lines.append(line)
                else:
                    print(line)
    return lines


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chain", action="append", choices=CHAINS, help="one chain (all)")
    parser.add_argument("--suite", action="append", choices=SUITES, help="one suite (all)")
    parser.add_argument("--scenario", metavar="NAME", help="one scenario of the suite (all)")
    options = parser.parse_args()
    options.chain = [chain for chain in CHAINS if chain in (options.chain or CHAINS)]
    options.suite = [name for name in SUITES if name in (options.suite or SUITES)]
    return options


if __name__ == "__main__":
    sys.exit(main())
