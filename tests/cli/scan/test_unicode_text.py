"""Files in UTF-16 and UTF-32 are read as their compilers read them."""

from pathlib import Path

import pytest

from agentsentinel_cli.scan.unicode_text import in_utf8
from cli.scan.repositories import SHELL_JS, UNREAD, files
from cli.scan.support import sentinel, write_tree


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_typescript_in_utf_16_is_read_as_its_compiler_does(repository: Path, encoding: str) -> None:
    write_tree(repository, {"web/src/wide.ts": f"\ufeff{SHELL_JS}".encode(encoding)})
    assert "web/src/wide.ts" in files(sentinel(repository, "scan", "--format", "json"))


def test_what_no_compiler_reads_is_listed_as_not_read_and_never_clean(repository: Path) -> None:
    write_tree(repository, UNREAD)
    run = sentinel(repository, "scan", "--format", "json")
    assert {entry["file"] for entry in run.entries if "error" in entry} == set(UNREAD)
    for name in UNREAD:
        alone = sentinel(repository, "scan", name)
        assert alone.code == 3
        assert f"not read: {name}: " in alone.err


TEXT = "const x = 'ä€';\n"


@pytest.mark.parametrize(
    "data",
    [TEXT.encode(), b"", b"\0", b"\0\0\0\0\0\0", b"\xff\xff\xff\xff", b"a\0"],
    ids=["utf-8", "empty", "one zero", "zeros", "no mark", "too short"],
)
def test_what_is_in_no_wide_encoding_stays_as_it_is(data: bytes) -> None:
    assert in_utf8("a.ts", data) == data


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_marked_utf_16_is_the_same_text_in_utf_8(encoding: str) -> None:
    assert in_utf8("a.ts", f"\ufeff{TEXT}".encode(encoding)).decode() == TEXT


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("a.py", TEXT.encode("utf-16"), "in UTF-16, which Python does not read"),
        ("a.ts", TEXT.encode("utf-32"), "in UTF-32, which the compiler does not read"),
        ("a.ts", "const x = 1;".encode("utf-16-le"), "in UTF-16 without a byte order mark"),
        ("a.ts", b"\xff\xfea", "damaged UTF-16"),
    ],
)
def test_what_cannot_be_read_says_why(path: str, data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        in_utf8(path, data)
