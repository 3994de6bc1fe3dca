"""What is cached is returned for the same files alone, and a cache that is damaged counts as empty."""

import os
import shutil
from pathlib import Path

import pytest

from agentsentinel_cli.scan.cache import CachedFacts, CachedReport, facts_key, load_report, store_report
from cli.scan.support import READER, SALES_AGENT, sentinel, write_tree


def test_a_key_depends_on_content_language_and_question() -> None:
    keys = {
        facts_key("a.py", b"x", frozenset()),
        facts_key("a.ts", b"x", frozenset()),
        facts_key("a.py", b"y", frozenset()),
        facts_key("a.py", b"x", frozenset({"f"})),
    }
    assert len(keys) == 4
    assert facts_key("other/b.py", b"x", frozenset()) in keys


@pytest.mark.parametrize("damage", [b"", b"{}", b"\n[]", b"\xff" * 999])
def test_a_damaged_cache_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    cache = CachedFacts(str(tmp_path), "work")
    cache.put("key", "facts")
    cache.save()
    (file,) = tmp_path.iterdir()
    assert CachedFacts(str(tmp_path), "work").get("key") == "facts"
    file.write_bytes(damage)
    assert CachedFacts(str(tmp_path), "work").get("key") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = CachedFacts(str(tmp_path / "file" / "below"), "work")
    cache.put("key", "facts")
    cache.save()


def test_a_cache_with_a_changed_byte_is_not_believed(tmp_path: Path) -> None:
    work = write_tree(tmp_path / "w", {f"a{number}.py": READER for number in range(9)})
    first = sentinel(work, "scan", ".", "--format", "json")
    file = next(file for file in (tmp_path / "cache" / "agentsentinel" / "scan").iterdir() if file.is_file())
    file.write_bytes(file.read_bytes().replace(b"search_docs", b"search_dogs"))
    shutil.rmtree(file.parent / "answers")
    assert sentinel(work, "scan", ".", "--format", "json").out == first.out


def test_changed_files_are_read_anew(tmp_path: Path) -> None:
    work = write_tree(tmp_path / "w", {f"a{number}.py": READER for number in range(9)})
    sentinel(work, "scan", ".", "--format", "json")
    write_tree(work, {"a3.py": SALES_AGENT})
    assert "send_email" in sentinel(work, "scan", ".", "--format", "json").tools


def test_an_unchanged_file_gets_the_remembered_answer_and_a_changed_one_does_not(tmp_path: Path) -> None:
    work = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    first = sentinel(work, "scan", "sales.py", "--fail-on", "LOW", "--verbose")
    (kept,) = (tmp_path / "cache" / "agentsentinel" / "scan" / "answers").iterdir()
    written = kept.stat()
    again = sentinel(work, "scan", "sales.py", "--fail-on", "LOW", "--verbose")
    assert (first.code, first.out, first.err) == (again.code, again.out, again.err)
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)  # not worked out anew
    write_tree(work, {".sentinelignore": "* ** reviewed\n"})
    assert sentinel(work, "scan", "sales.py", "--fail-on", "LOW", "--verbose").code == 0
    write_tree(work, {"sales.py": READER, ".sentinelignore": ""})
    assert sentinel(work, "scan", "sales.py", "--fail-on", "LOW", "--verbose").code == 0


def test_a_damaged_answer_is_worked_out_again(tmp_path: Path) -> None:
    work = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    first = sentinel(work, "scan", "sales.py")
    (file,) = (tmp_path / "cache" / "agentsentinel" / "scan" / "answers").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes().replace(b"35/100", b"99/100"))
    assert sentinel(work, "scan", "sales.py").out == first.out


def test_the_oldest_reports_are_evicted_and_the_newest_is_kept(tmp_path: Path) -> None:
    for number in range(260):
        (tmp_path / f"old{number}").write_text("")
        os.utime(tmp_path / f"old{number}", (number, number))
    store_report(str(tmp_path), "new", CachedReport(0, "out", "err"))
    kept = {path.name for path in tmp_path.iterdir()}
    assert len(kept) == 192
    assert "new" in kept
    assert {name for name in kept if name != "new"} == {f"old{number}" for number in range(69, 260)}
    assert load_report(str(tmp_path), "new") == CachedReport(0, "out", "err")


def test_the_oldest_facts_are_evicted(tmp_path: Path) -> None:
    for number in range(70):
        cache = CachedFacts(str(tmp_path), f"work{number}")
        cache.put("key", "facts")
        cache.save()
        os.utime(max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime), (number, number))
    assert len(list(tmp_path.iterdir())) == 64
    assert CachedFacts(str(tmp_path), "work69").get("key") == "facts"
    assert CachedFacts(str(tmp_path), "work0").get("key") is None
