"""The draw by which the scanner's precision is measured: seeded, balanced, and counted by rule."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bench.scan_draw import MOST_OF_A_STRATUM, SEVERE, VERDICTS, by_rule, draw, findings_of, main

DRAWS = Path(__file__).parents[3] / "bench" / "scan_draws"
FIELDS = {"number", "repository", "revision", "path", "line", "rule", "severity", "agent", "fingerprint"}


def line(
    number: int, rule: str = "DANGEROUS_GRANTS", severity: str = "HIGH", repository: str = ""
) -> dict[str, object]:
    return {"number": number, "rule": rule, "severity": severity, "repository": repository or f"some/{number % 40}"}


FINDINGS = [line(number) for number in range(80)] + [line(n, "MISSING_RATE_LIMIT", "LOW") for n in range(80)]


def test_the_same_seed_draws_the_same_findings_and_another_seed_others() -> None:
    assert draw(FINDINGS, 1, 20) == draw(FINDINGS, 1, 20)
    assert draw(FINDINGS, 1, 20) != draw(FINDINGS, 2, 20)


def test_half_of_the_drawn_findings_are_severe() -> None:
    drawn = draw(FINDINGS, 1, 40)
    assert Counter(finding["severity"] in SEVERE for finding in drawn) == {True: 20, False: 20}


def test_one_rule_in_one_repository_is_drawn_four_times_at_most() -> None:
    drawn = draw([line(number, repository="some/one") for number in range(50)], 1, 40)
    assert len(drawn) == MOST_OF_A_STRATUM


def test_a_finding_is_drawn_with_its_place_and_without_code() -> None:
    place = {"file": "agent.py", "line": 7, "excerpt": {"text": "secret = 1"}}
    finding = {"rule_id": "X", "severity": "HIGH", "message": "m", "fingerprint": "f", "locations": [place]}
    report: list[dict[str, Any]] = [{"agent": None, "file": "agent.py", "findings": [finding]}, {"left_out": {}}]
    (drawn,) = findings_of("some+one", "abc", report)
    assert (drawn["repository"], drawn["path"], drawn["line"], drawn["agent"]) == (
        "some/one",
        "agent.py",
        7,
        "agent.py",
    )
    assert "secret" not in json.dumps(drawn)


def test_verdicts_are_counted_by_rule_and_in_all() -> None:
    judged = [{"rule": "B", "verdict": "true"}, {"rule": "A", "verdict": "false"}, {"rule": "B", "verdict": "false"}]
    assert list(by_rule(judged)) == ["A", "B", "all"]
    assert by_rule(judged)["all"] == {"true": 1, "false": 2}


def test_the_command_prints_the_share_of_true_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged = tmp_path / "draw.jsonl"
    judged.write_text('{"rule": "A", "verdict": "true"}\n{"rule": "A", "verdict": "debatable"}\n')
    main(["rules", str(judged)])
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "1", "1", "0", "0.50"]


def test_every_drawn_finding_has_a_verdict_with_its_reason_and_no_code() -> None:
    for path in DRAWS.glob("*.jsonl"):
        for row in path.read_text().splitlines():
            judged = json.loads(row)
            readers = ("", "second_") if "second_verdict" in judged else ("",)
            added = {f"{reader}{member}" for reader in readers for member in ("verdict", "reason")}
            assert set(judged) == FIELDS | added
            assert all(judged[f"{reader}verdict"] in VERDICTS for reader in readers)
            assert all(judged[f"{reader}reason"].strip() for reader in readers)
