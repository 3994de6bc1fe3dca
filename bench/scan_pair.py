"""`python -m bench.scan_pair BEFORE FOLDER...`: CPU time of the scanner, relative to another version of it.

BEFORE and `--after` are git revisions or folders with a checkout; the default after is the working tree. Both versions
run in turns with the same interpreter, so that what else the machine does meets both. Each figure is the median ratio
of the pairs with its 95 % interval; it fails (exit code 1) only when the whole interval lies above its bar.
"""

import argparse
import math
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.facts_diff import REPOSITORY, checkout, search_path
from bench.scan import meter

_START = "from agentsentinel_cli.app import main; raise SystemExit(main())"
_CONFIDENCE = 0.95


def main() -> int:
    """Measure and print one line for each figure."""
    options = _parse()
    failed = False
    with ExitStack() as stack:
        versions = [checkout(version, stack) for version in (options.before, options.after)]
        caches = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in versions]
        for what, arguments, bar in (
            ("sentinel --version", ["--version"], 1.0),
            ("cached scan", ["scan", *options.folders], 1.0),
            ("scan", ["scan", "--no-cache", *options.folders], 1.02),
        ):
            pairs = _pairs(versions, caches, arguments, options.pairs)
            ratios = sorted(after / before for before, after in pairs)
            low, high = interval(ratios)
            failed |= low > bar
            seconds = statistics.median(after for _, after in pairs)
            print(
                f"{what:<20} {statistics.median(ratios):5.3f}x  [{low:5.3f}, {high:5.3f}]  {seconds:6.3f} s"
                f"  (bar {bar}x{', missed' if low > bar else ''})",
                flush=True,
            )
    return 1 if failed else 0


def _pairs(
    versions: Sequence[Path], caches: Sequence[Path], arguments: Sequence[str], count: int
) -> list[tuple[float, float]]:
    """Return the CPU seconds of both versions in pairs, each pair in the other order than the one before."""
    # -P: no file of the working folder shadows a module.
    command = [sys.executable, "-P", "-c", _START, *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    meters = [
        meter({**environment, "PYTHONPATH": search_path(version), "XDG_CACHE_HOME": str(cache)})
        for version, cache in zip(versions, caches, strict=True)
    ]
    for measure in meters:  # compiles the modules and fills the cache; not counted
        measure(command)
    pairs = []
    for number in range(count):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        seconds = {at: meters[at](command) for at in order}
        pairs.append((seconds[0], seconds[1]))
    return pairs


def interval(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the confidence interval of the median of sorted values, by the binomial distribution of ranks."""
    count = len(ordered)
    rank, tail = 0, 0.0
    while rank < count // 2:
        tail += math.comb(count, rank) / 2**count
        if 2 * tail > 1 - _CONFIDENCE:
            break
        rank += 1
    rank = max(rank, 1)
    return ordered[rank - 1], ordered[count - rank]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scan_pair", description=__doc__)
    parser.add_argument("before", metavar="BEFORE", help="git revision, or folder with a checkout")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--after", default=str(REPOSITORY), help="the same (default: the working tree)")
    parser.add_argument("--pairs", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
