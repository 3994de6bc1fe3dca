"""The action and the hook: they parse, call what exists, and let no input become code."""

import os
import shutil
import subprocess
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.scan.support import COMMAND, READER, SALES_TEAM, write_tree

ROOT = Path(__file__).parents[3]


def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text())


def test_no_input_is_written_into_a_script() -> None:
    for step in action()["runs"]["steps"]:
        assert "${{" not in step["run"]


def run_step(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as a runner does."""
    step = next(step for step in action()["runs"]["steps"] if step["name"] == name)
    outputs = {name: str(folder.parent / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), "RUNNER_TEMP": str(folder.parent / "runner")}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=env | outputs | variables,
        text=True,
        capture_output=True,
        check=False,
    )


def run_scan(folder: Path, programs: str = "bin", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the scan step, with this checkout's command in place of the installed one."""
    place = folder.parent / "runner" / "agentsentinel" / programs
    place.mkdir(parents=True, exist_ok=True)
    if not (place / "sentinel").exists():
        (place / "sentinel").symlink_to(COMMAND)
    inputs = {"SCAN_PATH": ".", "FAIL_ON": "CRITICAL", "BASELINE": "", "SARIF_FILE": ""} | variables
    return run_step("Scan", folder, **inputs)


def test_the_action_fails_on_what_it_is_told_to_and_annotates(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"agents/sales.py": SALES_TEAM, "docs/reader.py": READER})
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


@pytest.mark.parametrize(
    "path",
    [
        "docs\nagents",
        "docs\nagents\n",
        "\ndocs\n\n  agents\n",
        "docs agents",
        "docs\r\nagents\r\n",
        "docs\tother\nagents",
    ],
)
def test_every_line_of_the_action_s_path_is_scanned(path: str, tmp_path: Path) -> None:
    folder = write_tree(
        tmp_path / "w", {"agents/sales.py": SALES_TEAM, "docs/reader.py": READER, "other/reader.py": READER}
    )
    done = run_scan(folder, SCAN_PATH=path)
    assert done.returncode == 1
    assert "file=agents/sales.py" in done.stdout


@pytest.mark.parametrize("path", ["", "\n", " \n\t"])
def test_a_path_that_names_nothing_is_an_error_and_no_scan_of_everything(path: str, tmp_path: Path) -> None:
    done = run_scan(write_tree(tmp_path / "w", {"reader.py": READER}), SCAN_PATH=path)
    assert done.returncode == 2
    assert "::error::" in done.stdout


def test_the_action_finds_its_programs_where_windows_keeps_them(tmp_path: Path) -> None:
    """`python -m venv` makes Scripts there and not bin, and `python3` may be a stub that fails."""
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_TEAM})
    programs = write_tree(
        tmp_path / "programs",
        {
            "python3": "#!/bin/sh\nexit 49\n",
            "python": "#!/bin/sh\n"
            '[ "$1" = -c ] && exit 0\n'
            'mkdir -p "$3/Scripts"\n'
            f'printf \'#!/bin/sh\\necho "$@" > "{tmp_path}/installed"\\n\' > "$3/Scripts/python"\n'
            'chmod +x "$3/Scripts/python"\n',
        },
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    installed = run_step("Install", folder, PATH=f"{programs}:/usr/bin:/bin", ACTION_PATH="/the/action")
    assert installed.returncode == 0, installed.stderr
    assert (tmp_path / "installed").read_text() == "-m pip install --quiet /the/action\n"
    assert run_scan(folder, "Scripts").returncode == 1


def test_the_root_installs_what_the_packages_of_the_command_need() -> None:
    root, cli = (project(folder) for folder in (ROOT, ROOT / "packages/cli"))
    assert set(root["dependencies"]) == outside(cli["dependencies"])
    extras = {name: set(needed) for name, needed in root["optional-dependencies"].items()}
    assert extras == {name: outside(needed) for name, needed in cli["optional-dependencies"].items()}
    for same in ("scripts", "version", "requires-python"):
        assert root[same] == cli[same]


def project(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return content


def outside(requirements: Iterable[str]) -> set[str]:
    """Replace requirements that are packages of this repository by what these require."""
    found: set[str] = set()
    for requirement in requirements:
        name = requirement.partition("~")[0].removeprefix("agentsentinel-")
        if name != requirement.partition("~")[0]:
            found |= outside(project(ROOT / "packages" / name)["dependencies"])
        else:
            found.add(requirement)
    return found


def commit(folder: Path) -> str:
    """Make a folder a repository with one commit; gives the commit."""
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for words in (["init", "-q"], ["add", "-A", "-f"], [*settings, "commit", "-q", "-m", "A"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def copy_of_this_repository(folder: Path) -> Path:
    """Copy what git would check out of this checkout, including changes that are not committed yet."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout: git cannot say which files belong to the repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pre-commit itself, in an environment of its own."""
    folder = tmp_path_factory.mktemp("pre-commit")
    venv.create(folder / "env", with_pip=True)
    done = subprocess.run(
        [folder / "env/bin/python", "-m", "pip", "install", "--quiet", "pre-commit", "hatchling"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no package index to install pre-commit from: {done.stderr.strip()[-200:]}")
    return folder / "env/bin/pre-commit"


@pytest.mark.wide
def test_pre_commit_installs_the_hook_and_it_judges_the_whole_repository(pre_commit: Path, tmp_path: Path) -> None:
    """Installed from the root of a clone; a file that did not change holds what the changed one grants."""
    rev = commit(copy_of_this_repository(tmp_path / "hooks"))
    config = f"""
repos:
  - repo: {tmp_path / "hooks"}
    rev: {rev}
    hooks:
      - id: sentinel-scan
        args: [--exclude, "legacy/**", --baseline, known.json]
"""
    work = write_tree(
        tmp_path / "work",
        {
            ".pre-commit-config.yaml": config,
            "known.json": '{"version": 1, "findings": []}',
            "agent.py": "from helper_tools import lookup\nfrom agents import Agent\n\n"
            "agent = Agent(name='desk', instructions='x', tools=[lookup])\n",
            "helper_tools.py": "import subprocess\nfrom agents import function_tool\n\n\n@function_tool\n"
            "def lookup(command: str) -> str:\n"
            '    """Look up."""\n    return subprocess.check_output(command, shell=True)\n',
            "legacy/sales.py": SALES_TEAM,
            "tests/test_sales.py": SALES_TEAM + "\n\ndef test_it() -> None: ...\n",
            "vendor/sales.py": SALES_TEAM,
        },
    )
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run_hook(*files: str) -> subprocess.CompletedProcess[str]:
        commit(work)
        return subprocess.run(
            [pre_commit, "run", "--verbose", "--files", *files],
            cwd=work,
            env=dict(os.environ) | home,
            capture_output=True,
            text=True,
            check=False,
        )

    subprocess.run([COMMAND, "scan", "--exclude", "legacy/**", "--write-baseline", "known.json"], cwd=work, check=True)
    known = run_hook("helper_tools.py", "legacy/sales.py", "tests/test_sales.py", "vendor/sales.py")
    assert known.returncode == 0, known.stdout + known.stderr
    (work / "known.json").write_text('{"version": 1, "findings": []}')
    found = run_hook("agent.py")  # whose tool is in the file that did not change
    assert found.returncode == 1
    assert "lookup" in found.stdout
    assert "legacy/sales.py" not in found.stdout
