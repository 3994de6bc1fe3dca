"""A worker that dies or hangs takes only its file with it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.scan import isolation
from agentsentinel_cli.scan.codec import decode
from agentsentinel_cli.scan.model import (
    Question,
)
from cli.scan.support import SALES_AGENT


def child_that(does: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let workers be a program that answers properly unless the file says otherwise."""
    script = tmp_path / "agent_worker.py"
    script.write_text(
        "import sys, os, json, time\n"
        "from agentsentinel_cli.scan.isolated_worker import *\n"
        "from agentsentinel_cli.scan.extract import extract\n"
        "from agentsentinel_cli.scan.codec import encode\n"
        "while True:\n"
        "    try: head, data = json.loads(read_block(sys.stdin.buffer)), read_block(sys.stdin.buffer)\n"
        "    except EOFError: break\n"
        f"    if b'BAD' in data: {does}\n"
        "    write_block(sys.stdout.buffer, encode(extract(head['path'], data)).encode())\n"
        "    sys.stdout.buffer.flush()\n"
    )
    real = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return real([sys.executable, str(script)], **options)

    monkeypatch.setattr("agentsentinel_cli.scan.isolation.subprocess.Popen", start)


@pytest.mark.parametrize(
    ("does", "problem"),
    [
        ("os.abort()", "ends the process that reads it"),
        ("os._exit(0)", "ends the process that reads it"),
        ("time.sleep(600)", "takes longer than"),
    ],
)
def test_a_worker_that_dies_or_hangs_takes_only_its_file_with_it(
    does: str, problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child_that(does, monkeypatch, tmp_path)
    if "sleep" in does:
        monkeypatch.setattr(isolation, "SECONDS_PER_FILE", 8.0)  # far more than a good file takes on a busy machine
    names = ["a.py", "bad.py", "c.py", "d.py"]
    questions = [Question(name, (SALES_AGENT + ("# BAD" if "bad" in name else "")).encode()) for name in names]
    answers = isolation.read_isolated(questions, 1)
    assert problem in str(decode(answers["bad.py", frozenset()]).problem)
    assert all(len(decode(answers[name, frozenset()]).tools) == 4 for name in ("a.py", "c.py", "d.py"))
