"""The scanner on our own demo, its documentation, and what it costs to start."""

import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel_cli.commands.reporting import FORMATS
from agentsentinel_cli.commands.scan import scan_parser
from cli.scan.support import READER, sentinel, write_tree

ROOT = Path(__file__).parents[3]


def test_our_own_demo_is_read(tmp_path: Path) -> None:
    run = sentinel(ROOT, "scan", "demo", "--format", "json", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert run.code == 0
    assert {"search_crm", "read_database", "http_fetch", "send_email", "write_file"} <= set(run.tools)
    assert "EXFILTRATION_PATH" in run.rules


def test_our_own_packages_hold_no_credentials_and_no_poison(tmp_path: Path) -> None:
    run = sentinel(ROOT, "scan", "packages", "demo", "bench", "--format", "json", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert not {"HARDCODED_CREDENTIALS", "TOOL_POISONING"} & set(run.rules)


def test_every_option_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "scan.md").read_text()
    documented = set(re.findall(r"^\| `(--[a-z-]+)`", page, re.MULTILINE))
    known = {text for action in scan_parser()._actions for text in action.option_strings if text.startswith("--")}
    assert documented == known - {"--help", "--version"}
    assert all(f"`{form}`" in page for form in FORMATS)


def cpu_seconds(folder: Path, *command: str) -> float:
    """Return the median CPU time of five runs of a command."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)"
    )
    runs = [
        float(
            subprocess.run([sys.executable, "-c", script, *command], cwd=folder, capture_output=True, check=True).stdout
        )
        for _ in range(5)
    ]
    return statistics.median(runs)


@pytest.mark.parametrize(
    ("arguments", "most"), [(["--help"], 3.0), (["scan", "reader.py"], 6.0)], ids=["help", "one-small-file-again"]
)
def test_starting_costs_a_few_empty_interpreters(
    tmp_path: Path, arguments: list[str], most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = write_tree(tmp_path / "w", {"reader.py": READER})
    command = [str(Path(sys.executable).with_name("sentinel")), *arguments]
    subprocess.run(command, cwd=work, stdout=subprocess.DEVNULL, check=True)
    assert cpu_seconds(work, *command) <= most * cpu_seconds(work, sys.executable, "-c", "pass")
