"""The spool: what is written comes back once, in order, to exactly one process, within its bounds."""

import errno
import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_sdk._queue import Entry
from agentsentinel_sdk._spool import LONGEST_AGE_SECONDS, Spool
from patience import PATIENCE_SECONDS


def entries(*numbers: int) -> list[Entry]:
    return [Entry({"event_id": str(number), "tool_name": "t"}, wants_grant=number % 2 == 0) for number in numbers]


def drained(spool: Spool, most: int = 100) -> list[int]:
    found: list[int] = []
    while batch := spool.peek(most):
        found += [int(entry.wire["event_id"]) for entry in batch]
        spool.advance()
    return found


@settings(deadline=None)  # a disk may be slow
@given(st.lists(st.integers(1, 40), max_size=8), st.integers(1, 50))
def test_what_is_written_comes_back_once_and_in_order(writes: list[int], most: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder), limit_bytes=20_000)  # files of 2,500 bytes, some 50 events
        numbers = iter(range(10_000))
        for count in writes:
            spool.append(entries(*(next(numbers) for _ in range(count))))
        assert len(spool) == sum(writes)
        assert drained(spool, most) == list(range(sum(writes)))
        assert len(spool) == 0
        assert list(Path(folder).iterdir()) == []


def test_what_was_peeked_and_did_not_arrive_is_peeked_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(entries(1, 2))
    assert spool.peek(10) == spool.peek(10)
    assert drained(spool) == [1, 2]


def test_a_grant_that_is_wanted_is_still_wanted_on_the_other_side(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(entries(1, 2))
    assert [entry.wants_grant for entry in spool.peek(10)] == [False, True]


def test_files_of_the_living_are_left_alone_and_those_of_the_dead_are_taken_by_one(tmp_path: Path) -> None:
    owner, first, second = Spool(tmp_path), Spool(tmp_path), Spool(tmp_path)
    owner.append(entries(1, 2, 3))
    first.adopt()
    assert len(first) == 0
    owner.close()
    first.adopt()
    second.adopt()
    assert (len(first), first.adopted, len(second)) == (3, 3, 0)
    assert [entry.is_own for entry in first.peek(10)] == [False] * 3
    assert drained(first) == [1, 2, 3]


def test_a_file_survives_the_kill_of_its_process(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from agentsentinel_sdk._queue import Entry
from agentsentinel_sdk._spool import Spool
Spool(Path({str(tmp_path)!r})).append([Entry({{"event_id": "7", "tool_name": "t"}})])
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == -9
    spool = Spool(tmp_path)
    spool.adopt()
    assert drained(spool) == [7]


def test_adopted_events_come_before_the_own_since_they_are_older(tmp_path: Path) -> None:
    dead = Spool(tmp_path, clock=lambda: time.time() - 60)
    dead.append(entries(1))
    dead.close()
    spool = Spool(tmp_path)
    spool.append(entries(2))
    spool.adopt()
    assert drained(spool) == [1, 2]


def test_a_line_that_was_cut_short_is_counted_and_hinders_no_other(tmp_path: Path) -> None:
    dead = Spool(tmp_path)
    dead.append(entries(1, 2))
    dead.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    spool = Spool(tmp_path)
    spool.adopt()
    assert (drained(spool), spool.adopted, spool.unreadable) == ([1], 2, 1)


@pytest.mark.parametrize("rubbish", [b"\n", b"[]\n", b"null\n", b"[1, 2]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"])
def test_rubbish_on_disk_is_counted_and_skipped(tmp_path: Path, rubbish: bytes) -> None:
    dead = Spool(tmp_path)
    dead.append(entries(1))
    dead.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(rubbish + path.read_bytes() + rubbish)
    spool = Spool(tmp_path)
    spool.adopt()
    assert (drained(spool), spool.unreadable, list(tmp_path.iterdir())) == ([1], 2, [])


def test_beyond_its_limit_the_oldest_go_and_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=20_000)
    for number in range(1000):
        spool.append(entries(number))
    kept = drained(spool)
    assert kept == list(range(1000 - len(kept), 1000))
    assert spool.dropped == 1000 - len(kept)
    assert 300 < len(kept) < 500


def test_what_is_over_a_day_old_is_given_up_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, clock=lambda: time.time() + LONGEST_AGE_SECONDS + 5)
    spool.append(entries(1, 2))
    assert (spool.peek(10), spool.dropped, len(spool)) == ([], 2, 0)


def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    Spool(folder).append(entries(1))
    (path,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("written", [0, 10])
def test_a_full_disk_leaves_no_half_line_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    spool = Spool(tmp_path)
    spool.append(entries(1))
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if written:
            return write(handle, data[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        with pytest.raises(OSError, match=r"No space|only 10 of"):
            spool.append(entries(2))
    spool.append(entries(3))
    assert drained(spool) == [1, 3]


def test_an_empty_file_of_a_dead_process_is_cleared_away(tmp_path: Path) -> None:
    stale, fresh = tmp_path / "1.events", tmp_path / "2.events"
    stale.touch()
    fresh.touch()
    os.utime(stale, (time.time() - 100,) * 2)
    Spool(tmp_path).adopt()
    assert list(tmp_path.iterdir()) == [fresh]


def test_many_processes_at_once_take_each_file_once(tmp_path: Path) -> None:
    for number in range(40):
        dead = Spool(tmp_path)
        dead.append(entries(number))
        dead.close()
    script = f"""
from pathlib import Path
from agentsentinel_sdk._spool import Spool
spool = Spool(Path({str(tmp_path)!r}))
spool.adopt()
while batch := spool.peek(10):
    print(*(entry.wire["event_id"] for entry in batch))
    spool.advance()
"""
    arguments: dict[str, Any] = {"stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", script], **arguments) for _ in range(4)]
    found = [int(word) for process in processes for word in process.communicate(timeout=PATIENCE_SECONDS)[0].split()]
    assert sorted(found) == list(range(40))
