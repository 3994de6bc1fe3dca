"""Files are read within their time, in this process or in several, with the same result."""

import os
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.scan import isolation, reader
from agentsentinel_cli.scan.codec import decode
from agentsentinel_cli.scan.extract import Hints
from agentsentinel_cli.scan.model import (
    FileFacts,
    Question,
)
from cli.scan.support import SALES_AGENT


def test_a_big_tree_is_read_by_several_processes_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"a{number}.py": SALES_AGENT for number in range(12)}
    questions = [Question(name, data.encode()) for name, data in files.items()]
    answers = isolation.read_isolated(questions, 2)
    assert len(answers) == 12
    assert {len(decode(answer).tools) for answer in answers.values()} == {4}


def test_a_file_that_takes_too_long_here_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: Any) -> FileFacts:
        while True:
            pass

    monkeypatch.setattr(reader, "extract", endless)
    monkeypatch.setattr(reader, "SECONDS_IN_PROCESS", 0.2)
    assert "takes longer" in str(reader._extract_within_time(Question("a.py", b""), Hints(True, True)).problem)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this platform")
def test_a_process_uses_the_cores_it_may_use() -> None:
    assert reader.usable_cores() == len(os.sched_getaffinity(0))
