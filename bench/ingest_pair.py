"""`python -m bench.ingest_pair BEFORE`: ingest, relative to another version of it.

BEFORE and `--after` are checkouts in which `make setup` has run; the default after is this one. Both platforms run at
once, each on a data directory of its own, and are loaded in turns, so that what else the machine does meets both. Each
figure is the median ratio of the pairs with its 95 % interval: of events per second, and of CPU time per event, which
depends less on the machine. It fails (exit code 1) only when the whole interval of a rate lies below its bar.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.facts_diff import REPOSITORY
from bench.lab import AGENTS
from bench.product import BATCH_PATH, EVENT_PATH, Product, Run, started
from bench.scan_pair import interval
from bench.wrk import Kind, Load, Target

BAR = 0.98
WARM_UP_SECONDS = 3
FIGURES: tuple[tuple[str, Kind, str], ...] = (("single events", "event", EVENT_PATH), ("batches", "batch", BATCH_PATH))


def main() -> int:
    """Measure and print two lines for each kind of load."""
    options = _parse()
    failed = False
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        folder.chmod(0o711)
        programs = [Path(version) / ".venv/bin/agentsentinel" for version in (options.before, options.after)]
        products = [
            stack.enter_context(started(folder / name, program))
            for name, program in zip(("before", "after"), programs, strict=True)
        ]
        fleets = [product.targets(product.register(AGENTS)) for product in products]
        for what, kind, path in FIGURES:
            sides = [_Side(product, fleet, kind, path) for product, fleet in zip(products, fleets, strict=True)]
            pairs = _pairs(sides, options.pairs, options.seconds)
            rates = sorted(after.events_per_second / before.events_per_second for before, after in pairs)
            failed |= interval(rates)[1] < BAR
            _print(f"{what}, events/s", rates, f"bar {BAR}x{', missed' if interval(rates)[1] < BAR else ''}")
            _print(
                f"{what}, CPU/event", sorted(after.cpu_us / before.cpu_us for before, after in pairs), "lower is better"
            )
    return 1 if failed else 0


class _Side:
    """One version under one kind of load."""

    def __init__(self, product: Product, fleet: Sequence[Target], kind: Kind, path: str) -> None:
        self._product, self._fleet, self._kind, self._path = product, fleet, kind, path

    def run(self, seconds: int) -> Run:
        """Load it for some seconds."""
        return self._product.report(Load(self._kind, self._product.url + self._path, list(self._fleet), seconds))


def _pairs(sides: Sequence[_Side], count: int, seconds: int) -> list[tuple[Run, Run]]:
    """Return the runs of both versions in pairs, each pair in the other order than the one before."""
    for side in sides:
        side.run(WARM_UP_SECONDS)
    pairs = []
    for number in range(count):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        runs = {at: sides[at].run(seconds) for at in order}
        pairs.append((runs[0], runs[1]))
    return pairs


def _print(what: str, ratios: Sequence[float], remark: str) -> None:
    low, high = interval(ratios)
    print(f"{what:<26} {statistics.median(ratios):5.3f}x  [{low:5.3f}, {high:5.3f}]  ({remark})", flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ingest_pair", description=__doc__)
    parser.add_argument("before", metavar="BEFORE", help="folder with a checkout in which `make setup` has run")
    parser.add_argument("--after", default=str(REPOSITORY), help="the same (default: this checkout)")
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=4, help="duration of one run (default: 4)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
