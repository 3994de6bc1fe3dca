"""`make conformance` sees each check that ends in another way through the shim, and each total that is too low."""

import json
from collections import Counter
from pathlib import Path

import pytest
from bench.conformance.__main__ import differences, missed_bars
from bench.conformance.suites import SUITES, Results, read_results

SUITE = "0.1.16"
BAR = SUITES[SUITE].least_passed


def results(passed: int, failed: int = 0, **others: str) -> Results:
    checks = Counter({("a", "SUCCESS"): passed, ("b", "FAILURE"): failed, **dict.fromkeys(others.items(), 1)})
    return Results({"tools-list": +checks})


def test_the_checks_of_a_run_are_read_by_scenario(tmp_path: Path) -> None:
    for scenario, statuses in {"tools-list": ["SUCCESS", "INFO"], "server-sse-polling": ["FAILURE"]}.items():
        folder = tmp_path / f"server-{scenario}-2026-11-29T13-32-40-649Z"
        folder.mkdir()
        checks = [{"id": f"check-{number}", "status": status} for number, status in enumerate(statuses)]
        (folder / "checks.json").write_text(json.dumps(checks))
    run = read_results(tmp_path)
    assert set(run.scenarios) == {"tools-list", "server-sse-polling"}
    assert run.total() == "1 / 1"


@pytest.mark.parametrize(
    "through",
    [results(9, 1), results(9), results(10, c="WARNING"), Results({})],
    ids=["failed", "missing", "a warning", "not run"],
)
def test_a_check_that_ends_in_another_way_is_named(through: Results) -> None:
    found = differences({("direct", SUITE): results(10), ("http", SUITE): through})
    assert [run for run, _ in found] == [("http", SUITE)]
    assert found[0][1].startswith("tools-list: ")


def test_a_run_that_is_equal_has_no_difference() -> None:
    assert differences({("direct", SUITE): results(10, 2), ("http", SUITE): results(10, 2)}) == []


@pytest.mark.parametrize(
    ("chain", "passed", "is_missed"),
    [("direct", BAR, False), ("direct", BAR - 1, True), ("stdio", 95, False), ("stdio", 94, True)],
)
def test_a_total_below_its_bar_is_named(chain: str, passed: int, is_missed: bool) -> None:
    runs = {("direct", SUITE): results(100), (chain, SUITE): results(passed)}
    assert bool(missed_bars(runs)) == is_missed
