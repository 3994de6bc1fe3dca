"""What a team lives with stays visible, keeps its points, and says why."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from cli.scan.support import READER, SALES_TEAM, Run, sentinel, write_tree

TOMORROW = date.today() + timedelta(days=1)  # noqa: DTZ011 - the command goes by the day as well
YESTERDAY = date.today() - timedelta(days=2)  # noqa: DTZ011


def scan(folder: Path, *arguments: str) -> Run:
    return sentinel(folder, "scan", "sales.py", "--format", "json", "--fail-on", "HIGH", *arguments)


def suppressed(run: Run) -> dict[str, str]:
    """Return the reasons of the suppressed findings, by rule."""
    return {
        finding["rule_id"]: finding["suppressed"]["reason"]
        for finding in run.entries[0]["findings"]
        if finding["suppressed"]
    }


def ignored(rules: str, *functions: str) -> str:
    """Return the sales agent's source, with a comment above each of these tools and at the end of its first line."""
    comment = f"# sentinel: ignore[{rules}] approved by hand"
    text = SALES_TEAM
    for function in functions:
        text = text.replace(f"@tool\ndef {function}(", f"{comment}\n@tool  {comment}\ndef {function}(  {comment}\n    ")
    return text


def test_an_inline_comment_suppresses_its_rule_only(tmp_path: Path) -> None:
    run = scan(write_tree(tmp_path / "w", {"sales.py": ignored("DANGEROUS_GRANTS", "send_email")}))
    assert suppressed(run) == {"DANGEROUS_GRANTS": "approved by hand"}
    assert run.code == 1
    assert run.entries[0]["posture_score"] == 35.0


def test_every_place_of_a_finding_must_say_so(tmp_path: Path) -> None:
    run = scan(write_tree(tmp_path / "w", {"sales.py": ignored("EXFILTRATION_PATH", "send_email")}))
    assert suppressed(run) == {}
    all_places = ignored("EXFILTRATION_PATH, DANGEROUS_GRANTS", "search_crm", "read_database", "send_email")
    run = scan(write_tree(tmp_path / "w", {"sales.py": all_places}))
    assert set(suppressed(run)) == {"EXFILTRATION_PATH", "DANGEROUS_GRANTS"}
    assert run.code == 0


def test_a_strict_scan_heeds_nothing_that_the_source_brings_along(tmp_path: Path) -> None:
    everywhere = ignored("EXFILTRATION_PATH, DANGEROUS_GRANTS", "search_crm", "read_database", "send_email")
    entries = "*  **  whatever it is\n"
    folder = write_tree(tmp_path / "w", {"sales.py": everywhere, ".sentinelignore": entries, "agreed": entries})
    assert scan(folder).code == 0
    strict = scan(folder, "--no-suppressions")
    assert (suppressed(strict), strict.code) == ({}, 1)
    agreed = scan(folder, "--no-suppressions", "--ignore-file", "agreed")
    assert (set(suppressed(agreed).values()), agreed.code) == ({"whatever it is"}, 0)


def test_the_ignore_file_suppresses_by_rule_and_path(tmp_path: Path) -> None:
    folder = write_tree(
        tmp_path / "w",
        {
            "sales.py": SALES_TEAM,
            ".sentinelignore": "# what we know\n\n"
            f"EXFILTRATION_PATH  sales.py  until={TOMORROW}  moves to the new mailer\n"
            "DANGEROUS_GRANTS  **/*.py  reviewed\n",
        },
    )
    run = scan(folder)
    assert suppressed(run) == {"EXFILTRATION_PATH": "moves to the new mailer", "DANGEROUS_GRANTS": "reviewed"}
    assert run.code == 0
    assert "suppressed (reviewed" in " ".join(sentinel(folder, "scan", "sales.py").out.split())


def test_an_expired_entry_counts_no_more_and_says_so(tmp_path: Path) -> None:
    entry = f"* ** until={YESTERDAY} was urgent\n"
    run = scan(write_tree(tmp_path / "w", {"sales.py": SALES_TEAM, ".sentinelignore": entry}))
    assert suppressed(run) == {}
    assert run.code == 1
    assert "expired" in run.err


def test_another_path_is_not_meant(tmp_path: Path) -> None:
    run = scan(write_tree(tmp_path / "w", {"sales.py": SALES_TEAM, ".sentinelignore": "* docs/** reviewed\n"}))
    assert suppressed(run) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("EXFILTRATION_PATH sales.py\n", ".sentinelignore:1: needs a rule"),
        ("\nNO_SUCH_RULE ** why\n", ".sentinelignore:2: there is no rule 'NO_SUCH_RULE'"),
        ("* ** until=soon why\n", "'soon' is not a date"),
        ("* ** until=2030-01-01\n", "the reason is missing"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_wrong_ignore_file_is_a_usage_error_with_its_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    run = scan(write_tree(tmp_path / "w", {"sales.py": SALES_TEAM, ".sentinelignore": text}))
    assert run.code == 2
    assert told in run.err
    assert run.out == ""


def test_sarif_shows_what_is_suppressed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_TEAM, "a.py": READER, ".sentinelignore": "* ** reviewed\n"})
    assert '"justification": "reviewed"' in sentinel(folder, "scan", ".", "--format", "sarif").out


def test_a_gate_that_only_passes_by_suppressions_says_so_in_every_format(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_TEAM, ".sentinelignore": "* ** reviewed\n"})
    for form in ("text", "json", "sarif", "github", "markdown"):
        run = sentinel(folder, "scan", "sales.py", "--format", form, "--fail-on", "HIGH")
        assert run.code == 0
        assert "suppressed at or above HIGH: 2 (2 by .sentinelignore:1)" in run.err
    assert "suppressed" not in sentinel(folder, "scan", "sales.py").err
    assert "::notice title=Suppressed findings::3 (3 by .sentinelignore:1)" in (
        sentinel(folder, "scan", "sales.py", "--format", "github").out
    )
    assert "**suppressed**: 3 (3 by .sentinelignore:1), in 1 file." in (
        sentinel(folder, "scan", "sales.py", "--format", "markdown").out
    )
