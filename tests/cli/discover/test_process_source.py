"""The source of one running process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel_cli.discover.process_source import ProcessError, project_of, source_of
from cli.discover.support import running, scripts, stub_package, waiting


def test_a_script_without_a_project_is_scanned_with_its_own_modules(tmp_path: Path) -> None:
    (tmp_path / "brain.py").write_text("import json\n")
    (tmp_path / "other.py").write_text("import json\n")
    with scripts(tmp_path, {"agent.py": "import brain"}) as processes:
        source = source_of(processes["agent.py"].pid)
    assert source.targets == (str(tmp_path / "agent.py"), str(tmp_path / "brain.py"))
    assert source.shown == f"{tmp_path / 'agent.py'} and 1 more files"


@pytest.mark.parametrize("marker", ["pyproject.toml", "requirements.txt", ".git"])
def test_a_script_of_a_project_is_scanned_with_the_project(tmp_path: Path, marker: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / marker).touch()
    with scripts(tmp_path / "p" / "src", {"agent.py": "import json"}) as processes:
        assert source_of(processes["agent.py"].pid).targets == (str(tmp_path / "p"),)


def test_an_installed_package_is_scanned_by_its_files(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    stub_package(site, "acme")
    (tmp_path / "pyproject.toml").touch()
    (site / "acme" / "__main__.py").write_text(waiting("import json"))
    command = [sys.executable, str(site / "acme" / "__main__.py")]
    with running(command) as process:
        source = source_of(process.pid)
    assert (source.targets, source.is_installed) == ((command[1],), True)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_a_script_of_node_is_scanned_with_its_project(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "server.js").write_text("console.log('ready'); setTimeout(() => {}, 600000);")
    with running([shutil.which("node") or "node", "server.js"], folder=tmp_path) as process:
        assert source_of(process.pid).targets == (str(tmp_path),)


def test_a_process_that_is_gone_is_said() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(ProcessError, match="there is no process"):
        source_of(process.pid)
    with pytest.raises(ProcessError, match="there is no process 99999999"):
        source_of(99_999_999)


@pytest.mark.parametrize("command", [["sleep", "60"], ["cat"]])
def test_a_program_of_another_kind_is_said(command: list[str]) -> None:
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        with pytest.raises(ProcessError, match="runs no Python, TypeScript or JavaScript"):
            source_of(process.pid)
        process.kill()


def test_code_that_is_in_no_file_is_said(tmp_path: Path) -> None:
    with (
        running([sys.executable, "-c", waiting("import json")], folder=tmp_path) as process,
        pytest.raises(ProcessError, match="not in a file"),
    ):
        source_of(process.pid)


def test_the_home_folder_is_not_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git").mkdir()
    assert project_of(str(tmp_path / "agent.py")) is None
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "setup.py").touch()
    assert project_of(str(tmp_path / "work" / "agent.py")) == str(tmp_path / "work")


def test_a_project_is_looked_for_a_few_folders_up_only(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert project_of(os.path.join(tmp_path, *"abcdef", "agent.py")) is None
    assert project_of(os.path.join(tmp_path, *"ab", "agent.py")) == str(tmp_path)
