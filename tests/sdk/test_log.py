"""A line that an operator has to act on is seen, whether or not the program logs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setattr("agentsentinel_sdk._worker.LINGER_SECONDS", 0.01)


PROGRAM = """
import logging
{logging}
from agentsentinel_sdk import Reporter, observe_tool
reporter = Reporter(agent_name="a")
tool = observe_tool(reporter, "t")(lambda number: number)
for number in range(3):
    tool(number)
    reporter.score()
"""


@pytest.mark.parametrize(
    ("setup", "lines"),
    [("", 1), ("logging.getLogger('agentsentinel').setLevel('CRITICAL')", 0)],
    ids=["a program without logging", "one that has silenced the SDK"],
)
def test_a_program_without_logging_gets_the_line_on_stderr(setup: str, lines: int, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        settings = {
            "AGENTSENTINEL_API_KEY": "as_adm_" + "f" * 64,
            "SENTINEL_URL": url,
            "AGENTSENTINEL_SPOOL": str(tmp_path / "spool"),
        }
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(logging=setup)],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == ended.stderr.count("AGENTSENTINEL_API_KEY") == lines
    assert len(sentinel.requests) == 1


def test_a_program_that_logs_gets_the_line_there_and_once(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    setup = "logging.basicConfig(format='%(levelname)s %(name)s %(message)s', level='WARNING')"
    with sentinel.serve() as url:
        settings = {"AGENTSENTINEL_API_KEY": "as_adm_" + "f" * 64, "SENTINEL_URL": url, "AGENTSENTINEL_SPOOL": "off"}
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(logging=setup)],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert ended.stderr.count("AGENTSENTINEL_API_KEY") == ended.stderr.count("tool calls are not reported") == 1
    assert ended.stderr.startswith("WARNING agentsentinel ")
