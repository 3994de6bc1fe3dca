"""`python -m bench.scan FOLDER`: measure what a scan costs, relative to the least that it has to do.

All figures are CPU seconds of whole processes with their children, as the median of paired runs: the floor is one
Python process that parses every Python file of the folder; start-up is compared with an empty interpreter. Other
scanners are measured in the same run where they are installed (`--beside` names commands, with {} for the folder).
"""

import argparse
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

SENTINEL = str(Path(sys.executable).with_name("sentinel"))
_EVERYTHING = ("--include-tests", "--include-vendored", "--format", "json")
_FLOOR = """
import ast, os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            try:
                ast.parse(open(os.path.join(folder, name), "rb").read())
            except Exception:
                pass
"""
_SMALL = '''"""Answers questions."""

from langchain_core.tools import tool


@tool
def search_docs(query: str) -> str:
    """Search the manuals."""
    return query
'''


def main() -> int:
    """Measure the scan and print a table."""
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        small = Path(folder) / "small.py"
        small.write_text(_SMALL)
        python = [sys.executable, "-c", "pass"]
        scan = [SENTINEL, "scan"]
        rows: list[tuple[str, list[str], list[str], Path, float | None]] = [
            ("--help / empty interpreter", [SENTINEL, "--help"], python, cache, 3.0),
            (
                "one small file, first time / empty interpreter",
                [SENTINEL, "scan", "--no-cache", str(small)],
                python,
                cache,
                6.0,
            ),
            ("one small file, again / empty interpreter", [SENTINEL, "scan", str(small)], python, cache, 6.0),
        ]
        for tree in options.folders:
            floor = [sys.executable, "-c", _FLOOR, tree]
            rows += [
                (f"{tree}, cold / parsing", [*scan, tree, *_EVERYTHING, "--no-cache"], floor, cache, 1.0),
                (f"{tree}, warm / parsing", [*scan, tree, *_EVERYTHING], floor, cache, 0.2),
            ]
            for beside in options.beside:
                command = [word.replace("{}", tree) for word in shlex.split(beside)]
                if shutil.which(command[0]):
                    rows.append((f"{tree}, {Path(command[0]).name} / parsing", command, floor, cache, None))
        for what, command, against, place, bar in rows:
            ratio, seconds = _paired(command, against, place, options.runs)
            print(f"{what:<64} {ratio:6.2f}x  {seconds:6.3f} s" + (f"   (bar {bar}x)" if bar else ""), flush=True)
    return 0


def _paired(command: Sequence[str], against: Sequence[str], cache: Path, runs: int) -> tuple[float, float]:
    """Return the median ratio of runs taken in turns, and the median CPU seconds of the command."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    # An installer compiles what it installs; here the first run compiles, and is not counted.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    cpu = meter(environment)
    cpu(command)
    pairs = [(cpu(command), cpu(against)) for _ in range(runs)]
    return statistics.median(mine / floor for mine, floor in pairs), statistics.median(mine for mine, _ in pairs)


def meter(environment: dict[str, str]) -> Callable[[Sequence[str]], float]:
    """Return a function that runs a command and returns the CPU seconds of its process and their children."""

    def cpu(command: Sequence[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    return cpu


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scan", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="COMMAND",
        help='another scanner, such as "bandit -r {} -q" (repeatable)',
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
