"""A file of another program is written whole or not at all."""

import os
from pathlib import Path

import pytest

from agentsentinel_shim.desk import files
from agentsentinel_shim.desk.files import Unusable


def test_a_file_that_changed_since_it_was_read_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(b"1")
    file = files.read(path)
    path.write_bytes(b"2")
    with pytest.raises(Unusable, match="has changed meanwhile"):
        files.replace(file, b"3")
    assert path.read_bytes() == b"2"


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(b"1")

    def is_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", is_full)
    with pytest.raises(Unusable, match=r"mcp\.json: it cannot be written \(No space left on device\)"):
        files.replace(files.read(path), b"2")
    assert path.read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_byte_order_mark_is_kept_and_is_not_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(b"\xef\xbb\xbf{}\r\n")
    file = files.read(path)
    assert file.text == "{}\r\n"
    assert file.encoded(file.text) == path.read_bytes()


def test_what_is_not_a_file_is_refused_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "loop", tmp_path / "none", tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(Unusable, match=str(path)):
            files.read(path)


@pytest.mark.parametrize(("size", "is_read"), [(2048, True), (2049, False)])
def test_nothing_is_read_of_a_file_that_is_too_large(tmp_path: Path, size: int, is_read: bool) -> None:
    path = tmp_path / "mcp.json"
    path.write_bytes(b" " * size)
    if is_read:
        assert len(files.read(path, 2048).content) == size
        return
    with pytest.raises(Unusable, match="it is larger than 2 KiB"):
        files.read(path, 2048)
