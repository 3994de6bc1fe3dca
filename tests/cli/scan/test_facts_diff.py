"""The comparison of two versions of the scanner names the files that one of them reads differently, and no others."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
FILES = {
    "decorated.py": "@kernel_function\ndef search(query: str) -> str:\n    return query\n",
    "listed.py": "from agents import Agent\n\ndef f() -> str:\n    return ''\n\nagent = Agent(name='a', tools=[f])\n",
    "plain.py": "def add(a: int, b: int) -> int:\n    return a + b\n",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return a copy of the scanner's sources."""
    for package in ("core", "cli"):
        shutil.copytree(
            REPOSITORY / "packages" / package / "src",
            tmp_path / "other" / "packages" / package / "src",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return tmp_path / "other"


def compared(before: str | Path, folder: Path, after: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.facts_diff", str(before), str(folder), "--after", str(after)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_two_equal_versions_differ_on_no_file(files: Path, other: Path) -> None:
    run = compared(REPOSITORY, files, other)
    assert (run.returncode, run.stdout) == (0, "0 of 3 files differ\n")


def test_a_change_names_the_files_that_it_reaches(files: Path, other: Path) -> None:
    changed = 0
    for path in (other / "packages/cli/src/agentsentinel_cli/scan").rglob("*.py"):
        text = path.read_text()
        changed += '"kernel_function"' in text
        path.write_text(text.replace('"kernel_function"', '"kernel_procedure"'))
    assert changed, "no table holds this decorator: choose another"
    run = compared(REPOSITORY, files, other)
    assert (run.returncode, run.stdout) == (1, f"{files / 'decorated.py'}\n1 of 3 files differ\n")


def test_a_scanner_that_cannot_be_imported_is_an_error(files: Path, other: Path) -> None:
    shutil.rmtree(other / "packages/cli/src/agentsentinel_cli/scan")
    run = compared(REPOSITORY, files, other)
    assert run.returncode != 0
    assert "differ" not in run.stdout


def test_no_file_to_compare_is_not_a_success(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert compared(REPOSITORY, tmp_path / "empty", REPOSITORY).returncode == 1


def test_git_revisions_can_be_compared(files: Path) -> None:
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, check=False).returncode:
        pytest.skip("not a git repository")
    assert compared("HEAD", files, "HEAD").stdout == "0 of 3 files differ\n"
