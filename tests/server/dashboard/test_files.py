"""The dashboard's files as they are read from its folder."""

import gzip
from pathlib import Path

from agentsentinel.dashboard.files import read_files


def test_a_folder_without_a_page_is_no_dashboard(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "left-over.js").write_text("1")
    assert read_files(tmp_path) == {}


def test_files_are_read_with_their_types_and_compressed_when_that_helps(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>" + "x" * 2000)
    (tmp_path / "small.css").write_text("a{}")
    files = read_files(tmp_path)
    assert files["small.css"] == ("text/css; charset=utf-8", b"a{}", None)
    assert files["index.html"].gzipped is not None
    assert gzip.decompress(files["index.html"].gzipped) == files["index.html"].body
