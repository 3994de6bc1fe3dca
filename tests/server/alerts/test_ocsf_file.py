"""The export to a file: whole lines, private, and through rotation."""

import asyncio
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentsentinel.alerts import ocsf_file
from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import Activity
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.alerts.ocsf_file import OcsfFile, append_line
from server.alerts.events import AT, an_event


def test_each_event_is_one_line_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path, events = tmp_path / "ocsf.jsonl", [an_event(), an_event(Activity.RESOLVED)]
    file = OcsfFile(path, "1.8.0")
    for event in events:
        assert asyncio.run(file.send(event, AT)) == "written"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [detection_finding(event, "1.8.0") for event in events]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_rotated_file_is_left_alone_and_a_new_one_made(tmp_path: Path) -> None:
    path, rotated = tmp_path / "ocsf.jsonl", tmp_path / "ocsf.jsonl.1"
    file = OcsfFile(path, "1.8.0")
    asyncio.run(file.send(an_event(), AT))
    path.rename(rotated)
    asyncio.run(file.send(an_event(), AT))
    assert [len(one.read_text().splitlines()) for one in (path, rotated)] == [1, 1]


def test_the_mode_that_an_operator_gave_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "ocsf.jsonl"
    path.touch()
    path.chmod(0o640)
    asyncio.run(OcsfFile(path, "1.8.0").send(an_event(), AT))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_is_an_error_with_its_cause(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="No such file or directory"):
        asyncio.run(OcsfFile(tmp_path / "missing" / "ocsf.jsonl", "1.8.0").send(an_event(), AT))
    with pytest.raises(DeliveryError, match="Is a directory"):
        asyncio.run(OcsfFile(tmp_path, "1.8.0").send(an_event(), AT))


def test_a_pipe_does_not_hang_the_export(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DeliveryError, match="cannot be written"):
        asyncio.run(OcsfFile(pipe, "1.8.0").send(an_event(), AT))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(DeliveryError, match="not a regular file"):
            asyncio.run(OcsfFile(pipe, "1.8.0").send(an_event(), AT))
    finally:
        os.close(reader)


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ocsf.jsonl"
    append_line(path, b"first\n")

    def fill(descriptor: int, line: bytes) -> None:
        os.write(descriptor, line[:3])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(ocsf_file, "_write_all", fill)
        with pytest.raises(OSError, match="No space left"):
            append_line(path, b"second\n")
    append_line(path, b"third\n")
    assert path.read_bytes() == b"first\nthird\n"


def test_writers_at_the_same_time_mix_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "ocsf.jsonl"
    lines = [bytes([65 + number % 26]) * 20_000 + b"\n" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda line: append_line(path, line), lines))
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines)
