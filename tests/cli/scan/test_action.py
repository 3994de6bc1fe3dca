"""The action and the hook: they parse, call what exists, and let no input become code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from cli.scan.support import READER, SALES_AGENT, write_tree

ROOT = Path(__file__).parents[3]


def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text())


def test_no_input_is_written_into_a_script() -> None:
    for step in action()["runs"]["steps"]:
        assert "${{" not in step["run"]


def run_scan(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The scan step as a runner runs it, with this checkout's command in the place of the installed one."""
    step = next(step for step in action()["runs"]["steps"] if step.get("id") == "scan")
    place = folder.parent / "runner" / "agentsentinel" / "bin"
    place.mkdir(parents=True, exist_ok=True)
    if not (place / "sentinel").exists():
        (place / "sentinel").symlink_to(Path(sys.executable).with_name("sentinel"))
    inputs = {"SCAN_PATH": ".", "FAIL_ON": "CRITICAL", "BASELINE": "", "SARIF_FILE": ""} | variables
    outputs = {name: str(folder.parent / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), "RUNNER_TEMP": str(folder.parent / "runner")}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=env | inputs | outputs,
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_action_fails_on_what_it_is_told_to_and_annotates(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"agents/sales.py": SALES_AGENT, "docs/reader.py": READER})
    done = run_scan(folder, SARIF_FILE="out.sarif")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=agents/sales.py")
    assert (folder / "out.sarif").exists()
    assert "sarif-file=out.sarif" in (tmp_path / "GITHUB_OUTPUT").read_text()
    assert "EXFILTRATION_PATH" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert run_scan(folder, FAIL_ON="").returncode == 0
    assert run_scan(folder, SCAN_PATH="docs").returncode == 0
    assert run_scan(folder, SCAN_PATH="agents docs").returncode == 1
    assert run_scan(folder, SCAN_PATH="docs; touch touched").returncode != 0
    assert not (folder / "touched").exists()


def test_the_hook_calls_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    words = hook["entry"].split()
    done = subprocess.run(
        [str(Path(sys.executable).with_name(words[0])), *words[1:], "demo/tools.py", "demo/agent.py"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"demo/tools\.py", done.stdout)
