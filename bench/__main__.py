"""`python -m bench`: measure, print the table, write RESULTS.md."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import batch, growth, machine, reads, single, start
from bench.lab import QUICK, Lab, Pace, laboratory
from bench.report import Section, document, table
from bench.wrk import BenchError, find_wrk

RESULTS = Path(__file__).with_name("RESULTS.md")
MEASUREMENTS: dict[str, Callable[[Lab], Section]] = {
    "a": single.measure,
    "b": batch.measure,
    "c": growth.measure,
    "d": start.measure,
    "e": reads.measure,
}


def main() -> int:
    """Measure and return the exit code: 0 measured, 2 could not measure; missed targets do not change it."""
    options = _parse()
    is_full = not options.quick and set(options.only) == set(MEASUREMENTS)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also when started in the background
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        find_wrk()
        with laboratory(QUICK if options.quick else Pace()) as lab:
            sections = [_measure(name, lab) for name in options.only]
            text = document(sections, machine.describe(lab)) if is_full else None
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: stopped; nothing is left running", file=sys.stderr)
        return 130
    print(table(sections))
    if text is None:
        print("A part or a quick look only: RESULTS.md stays as it is.")
    else:
        RESULTS.write_text(text)
    return 0


def _measure(name: str, lab: Lab) -> Section:
    section = MEASUREMENTS[name](lab)
    print(section.title, *(f"  {line}" for line in section.raw), "", sep="\n", flush=True)
    return section


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", type=_names, default=list(MEASUREMENTS), help="some measurements, such as a,b")
    parser.add_argument("--quick", action="store_true", help="short runs and fewer rows: to try it, not to quote it")
    return parser.parse_args()


def _names(text: str) -> Sequence[str]:
    names = text.split(",")
    unknown = sorted(set(names) - set(MEASUREMENTS))
    if unknown:
        raise argparse.ArgumentTypeError(f"no measurement {', '.join(unknown)}: choose from {', '.join(MEASUREMENTS)}")
    return names


def _interrupt(number: int, frame: object) -> None:
    """Treat SIGTERM like Ctrl+C, for which event loops know how to stop."""
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
