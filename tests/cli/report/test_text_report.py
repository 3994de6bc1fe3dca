"""The report for people: what it says, its width, its signs and its colour."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from cli.scan.support import COMMAND, READER, SALES_AGENT, sentinel, write_tree


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Make a folder with one risky and one harmless file."""
    return write_tree(tmp_path / "work", {"sales.py": SALES_AGENT, "docs/reader.py": READER})


def test_the_sample_of_the_specification_scores_35_with_its_three_findings(work: Path) -> None:
    run = sentinel(work, "scan", "sales.py")
    assert run.code == 0
    assert "Posture Score   35/100  ███████░░░░░░░░░░░░░  CRITICAL" in run.out
    lines = run.out.splitlines()
    assert lines[0] == "╭─────────────────────────────────────────────╮"
    assert lines[1] == "│  AgentSentinel Security Scan                │"
    assert lines[2] == "│  Target: sales.py                           │"
    assert [line.split()[1:3] for line in lines if "●" in line] == [
        ["CRITICAL", "EXFILTRATION_PATH"],
        ["HIGH", "DANGEROUS_GRANTS"],
        ["LOW", "MISSING_RATE_LIMIT"],
    ]
    assert "Internal-read: read_database, search_crm | External-write: send_email" in " ".join(run.out.split())


def test_verbose_says_why(work: Path) -> None:
    assert "'send' is an act" in sentinel(work, "scan", "sales.py", "--verbose").out
    assert "'send' is an act" not in sentinel(work, "scan", "sales.py").out


def test_a_clean_file_is_0(work: Path) -> None:
    write_tree(work, {"plain.py": "print(1)\n"})
    run = sentinel(work, "scan", "plain.py")
    assert run.code == 0
    assert "No tools, agents or credentials were found." in run.out


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_text_keeps_to_its_columns(work: Path, columns: str) -> None:
    run = sentinel(work, "scan", ".", env={"COLUMNS": columns})
    assert max(len(line) for line in run.out.splitlines()) <= int(columns)


def test_piped_text_has_no_colour() -> None:
    assert "\x1b" not in sentinel(Path.cwd(), "scan", str(Path(__file__).parent / "support.py")).out


@pytest.mark.parametrize(
    ("arguments", "env", "colored"), [([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False)]
)
def test_a_terminal_gets_colour_unless_told_otherwise(
    work: Path, arguments: list[str], env: dict[str, str], colored: bool
) -> None:
    controller, terminal = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"} | env
    with subprocess.Popen(
        [str(COMMAND), "scan", "sales.py", *arguments], cwd=work, stdout=terminal, stderr=terminal, env=variables
    ) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                block = os.read(controller, 65536)
            except OSError:
                break
            if not block:
                break
            shown += block
        process.wait()
    os.close(controller)
    assert (b"\x1b[" in shown) is colored
    assert b"35/100" in shown


def test_the_text_report_says_each_thing_once(tmp_path: Path) -> None:
    told = sentinel(write_tree(tmp_path / "w", {"agent.py": SALES_AGENT}), "scan", "agent.py").out
    assert "Internal-read: read_database, search_crm" in told
    assert "No rate limit:" not in told, "the message has named the tools"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_the_signs_of_the_report_gets_plain_ones(tmp_path: Path, encoding: str) -> None:
    folder = write_tree(tmp_path / "w", {"agent.py": SALES_AGENT})
    told = sentinel(folder, "scan", "agent.py", env={"PYTHONIOENCODING": encoding}).out
    assert "?" not in told
    assert told.startswith("+----")
    assert "#######............." in told
