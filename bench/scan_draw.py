"""How often `sentinel scan` is right: a seeded draw of findings over repositories, and their verdicts by rule.

    python -m bench.scan_draw draw REPORTS REVISIONS --seed 17 > draw.jsonl
    python -m bench.scan_draw rules bench/scan_draws/*.jsonl

REPORTS is a folder with a report for each repository, `OWNER+NAME.json` as `sentinel scan --format json` writes it;
REVISIONS is a file with lines `OWNER+NAME REVISION`. A reader then judges each line by the repository's code and adds
`verdict` ("true", "debatable" or "false") and `reason`; a second one adds `second_verdict` and `second_reason`. Lines
hold places and names, never code.
"""

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

VERDICTS = ("true", "debatable", "false")
SEVERE = frozenset({"CRITICAL", "HIGH"})
MOST_OF_A_STRATUM = 4
"""Most findings of one rule in one repository."""

Line = dict[str, Any]


def findings_of(repository: str, revision: str, report: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield a line for each finding of a repository's JSON report, in the report's order."""
    for agent in report:
        for finding in agent.get("findings", ()):
            place = finding["locations"][0]
            yield {
                "repository": repository.replace("+", "/"),
                "revision": revision,
                "path": place["file"],
                "line": place["line"],
                "rule": finding["rule_id"],
                "severity": finding["severity"],
                "agent": agent["agent"] or agent["file"],
                "message": finding["message"],
                "fingerprint": finding["fingerprint"],
            }


def draw(lines: Iterable[Line], seed: int, count: int) -> list[Line]:
    """Return `count` findings at random, half of them CRITICAL or HIGH, at most four of a rule in a repository.

    The result is shorter where there are not that many.
    """
    shuffled = list(lines)
    random.Random(seed).shuffle(shuffled)
    left = {True: count // 2, False: count - count // 2}
    strata: Counter[tuple[str, str]] = Counter()
    drawn: list[Line] = []
    for line in shuffled:
        stratum = line["repository"], line["rule"]
        is_severe = line["severity"] in SEVERE
        if left[is_severe] and strata[stratum] < MOST_OF_A_STRATUM:
            left[is_severe] -= 1
            strata[stratum] += 1
            drawn.append(line)
    return drawn


def by_rule(lines: Iterable[Line]) -> dict[str, Counter[str]]:
    """Return how often each verdict was given, by rule in alphabetical order; "all" comes last."""
    verdicts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        verdicts[line["rule"]][line["verdict"]] += 1
    result = dict(sorted(verdicts.items()))
    return {**result, "all": sum(result.values(), Counter())}


def _reports(folder: Path, revisions: Path) -> Iterator[Line]:
    for row in sorted(revisions.read_text().splitlines()):
        repository, revision = row.split()
        yield from findings_of(repository, revision, json.loads((folder / f"{repository}.json").read_text()))


def _judged(paths: Iterable[Path]) -> Iterator[Line]:
    for path in paths:
        yield from map(json.loads, path.read_text().splitlines())


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw findings, or print the verdicts of a draw by rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("reports", type=Path)
    drawing.add_argument("revisions", type=Path)
    drawing.add_argument("--seed", type=int, default=17)
    drawing.add_argument("--count", type=int, default=100)
    commands.add_parser("rules").add_argument("draws", type=Path, nargs="+")
    given = parser.parse_args(arguments)
    if given.command == "draw":
        for line in draw(_reports(given.reports, given.revisions), given.seed, given.count):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(f"{'rule':26}{''.join(f'{verdict:>11}' for verdict in VERDICTS)}{'share true':>12}\n")
    for rule, verdicts in by_rule(_judged(given.draws)).items():
        counts = "".join(f"{verdicts[verdict]:>11}" for verdict in VERDICTS)
        sys.stdout.write(f"{rule:26}{counts}{verdicts['true'] / max(verdicts.total(), 1):>12.2f}\n")


if __name__ == "__main__":
    main()
