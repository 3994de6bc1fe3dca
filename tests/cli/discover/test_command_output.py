"""Output of other programs, bounded."""

import sys
from pathlib import Path

import pytest

from agentsentinel_cli.discover.command_output import CommandError, command_output


def output(code: str, seconds: float = 20, most: int = 1000) -> bytes:
    return command_output([sys.executable, "-c", code], seconds, most)


def test_the_output_is_returned() -> None:
    assert output("print('hello')").strip() == b"hello"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import time; time.sleep(60)", "did not answer within"),
        ("import sys\nwhile True: sys.stdout.write('x' * 4096)", "printed more than"),
        ("raise SystemExit(3)", "exit code 3"),
    ],
)
def test_a_program_that_hangs_floods_or_fails_is_given_up(code: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        output(code, seconds=1.5 if "sleep" in code else 20)


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(CommandError, match="no-such-program is not installed"):
        command_output(["no-such-program"])


def test_a_file_that_is_not_a_program_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="cannot be run"):
        command_output(["broken"])
