"""Any change of the scanner's code changes the version under which facts and reports are cached."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsentinel_cli.scan.scanner_version import digest_of, scanner_version
from cli.scan.support import write_tree

PACKAGES = Path(__file__).parents[3] / "packages"
WITHOUT_COMPILED = shutil.ignore_patterns("__pycache__")
RECORD = """\
../../../bin/sentinel,sha256=Vw1,227
agentsentinel_cli-2.0.0.dist-info/INSTALLER,sha256=5hh,3
agentsentinel_cli/__init__.py,sha256=aaa,120
agentsentinel_cli/__pycache__/__init__.cpython-311.pyc,,
agentsentinel_cli/scan/globs.py,sha256=bbb,4800
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a folder with a copy of the code of the CLI and of core."""
    for name in ("cli", "core"):
        shutil.copytree(PACKAGES / name / "src", tmp_path / "src", dirs_exist_ok=True, ignore=WITHOUT_COMPILED)
    return tmp_path / "src"


def version_of(sources: Path) -> str:
    return digest_of((str(sources / name), "2.0.0") for name in ("agentsentinel_cli", "agentsentinel_core"))


def change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[data.index(b"e")] = ord("a")
    path.write_bytes(data)


def change_a_byte_and_keep_the_time(path: Path) -> None:
    state = path.stat()
    change_a_byte(path)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def add_a_module(path: Path) -> None:
    (path.parent / "another.py").write_text("")


def test_the_version_of_unchanged_code_stays(sources: Path) -> None:
    before = version_of(sources)
    (sources / "agentsentinel_cli" / "__pycache__").mkdir(exist_ok=True)
    (sources / "agentsentinel_cli" / "__pycache__" / "app.cpython-399.pyc").write_bytes(b"compiled")
    assert version_of(sources) == before


@pytest.mark.parametrize("change", [change_a_byte, change_a_byte_and_keep_the_time, add_a_module, Path.unlink])
@pytest.mark.parametrize(
    "module",
    [
        "agentsentinel_cli/scan/judge.py",
        "agentsentinel_cli/report/text_report.py",
        "agentsentinel_cli/commands/scan.py",
        "agentsentinel_core/posture/engine.py",
        "agentsentinel_core/tools/vocabulary.py",
    ],
)
def test_a_changed_module_changes_the_version(sources: Path, module: str, change: Callable[[Path], None]) -> None:
    before = version_of(sources)
    change(sources / module)
    assert version_of(sources) != before


def installed(folder: Path, record: str) -> str:
    package = folder / "agentsentinel_cli"
    package.mkdir(parents=True)
    info = folder / "agentsentinel_cli-2.0.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(record)
    return digest_of([(str(package), "2.0.0")])


def test_a_wheel_has_the_same_version_wherever_it_is_installed(tmp_path: Path) -> None:
    elsewhere = RECORD.replace("Vw1,227", "k3Q,301").replace("5hh", "zz0").replace("cpython-311", "cpython-312")
    assert elsewhere != RECORD
    assert installed(tmp_path / "a", RECORD) == installed(tmp_path / "b", elsewhere)


@pytest.mark.parametrize("other", [RECORD.replace("bbb", "bbc"), RECORD.replace("globs", "blobs"), RECORD[:-48]])
def test_a_wheel_with_a_changed_module_has_another_version(tmp_path: Path, other: str) -> None:
    assert installed(tmp_path / "a", RECORD) != installed(tmp_path / "b", other)


def test_code_in_an_archive_still_has_the_version_of_its_release() -> None:
    assert digest_of([("/nowhere/sentinel.pyz/agentsentinel_cli", "2.0.0")])
    assert scanner_version().startswith("2.0.0/")


def test_neither_facts_nor_a_report_from_before_a_change_are_used(tmp_path: Path, sources: Path) -> None:
    project = write_tree(
        tmp_path / "project",
        {f"plugin{n}.py": f"@kernel_function\ndef send_email{n}(to: str) -> str:\n    return to\n" for n in range(9)},
    )
    environment = {**os.environ, "PYTHONPATH": str(sources), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    start = "from agentsentinel_cli.app import main; raise SystemExit(main())"

    def scan() -> str:
        command = [sys.executable, "-P", "-c", start, "scan", str(project), "--format", "json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert scan().count('"name": "send_email') == scan().count('"name": "send_email') == 9
    for path in (sources / "agentsentinel_cli" / "scan").rglob("*.py"):
        path.write_text(path.read_text().replace('"kernel_function"', '"kernel_procedure"'))
    assert '"send_email' not in scan()
