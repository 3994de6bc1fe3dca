"""The spool loses no line, and has bounds."""

import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from agentsentinel_shim.hook import spool

APPEND = """
import sys
from agentsentinel_shim.hook import spool
for number in range(200):
    spool.append(sys.argv[1], f"{sys.argv[2]}-{number}\\n")
"""


def test_lines_of_several_processes_are_whole_while_the_file_is_taken_away(tmp_path: Path) -> None:
    folder = str(tmp_path / "hook")
    running = [subprocess.Popen([sys.executable, "-c", APPEND, folder, str(number)]) for number in range(3)]
    lines: list[str] = []
    while any(process.poll() is None for process in running) or (tmp_path / "hook" / spool.NAME).exists():
        if (tmp_path / "hook" / spool.NAME).exists():
            with spool.Lock(os.path.join(folder, spool.LOCK)):
                (tmp_path / "hook" / spool.NAME).rename(tmp_path / "taken")
            lines += (tmp_path / "taken").read_text().splitlines()
    assert sorted(lines) == sorted(f"{process}-{number}" for process in range(3) for number in range(200))


def test_a_full_spool_takes_no_more_and_counts_what_it_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_BYTES", 10)
    assert spool.append(str(tmp_path), "123456\n")
    assert not spool.append(str(tmp_path), "12345\n")
    assert not spool.append(str(tmp_path), "12345\n")
    assert (tmp_path / spool.NAME).read_text() == "123456\n"
    assert (tmp_path / spool.DROPPED).stat().st_size == 2


def test_its_files_are_the_users_alone(tmp_path: Path) -> None:
    spool.append(str(tmp_path / "hook"), "x\n")
    assert oct((tmp_path / "hook").stat().st_mode)[-3:] == "700"
    assert oct((tmp_path / "hook" / spool.NAME).stat().st_mode)[-3:] == "600"


def test_a_shipper_at_work_is_seen(tmp_path: Path) -> None:
    assert not spool.is_shipping(str(tmp_path))
    with spool.Lock(str(tmp_path / spool.SHIPPER_LOCK)):
        assert spool.is_shipping(str(tmp_path))
    assert not spool.is_shipping(str(tmp_path))


def test_a_process_that_stopped_with_the_lock_stops_no_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    moments = (number * 0.5 for number in count())
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    monkeypatch.setattr(time, "sleep", waits.append)
    with spool.Lock(str(tmp_path / spool.LOCK)), pytest.raises(BlockingIOError):
        spool.append(str(tmp_path), "x\n")
    assert 0 < len(waits) <= spool.LOCK_SECONDS / 0.5


def test_a_pause_ends_and_one_in_the_future_is_none(tmp_path: Path) -> None:
    assert not spool.is_paused(str(tmp_path), 0)
    spool.pause(str(tmp_path))
    began = (tmp_path / spool.PAUSED).stat().st_mtime
    ends = began + spool.PAUSE_SECONDS
    assert [spool.is_paused(str(tmp_path), at) for at in (began - 1, began, ends - 1, ends)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_log_is_one_line_each_and_begins_again_when_it_is_long(tmp_path: Path) -> None:
    spool.log(str(tmp_path), "a\nb")
    assert (tmp_path / spool.LOG).read_text() == "a b\n"
    (tmp_path / spool.LOG).write_text("x" * (spool.MOST_LOG_BYTES + 1))
    spool.log(str(tmp_path), "c")
    assert (tmp_path / spool.LOG).read_text() == "c\n"


def test_a_log_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spool.log(str(tmp_path / "file"), "x")
    assert (tmp_path / "file").read_text() == ""
