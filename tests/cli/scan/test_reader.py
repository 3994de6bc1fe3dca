"""Facts survive the way to disk and back, bad caches are ignored, and a worker that dies takes only its file."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan import isolation, reader
from agentsentinel_cli.scan.cache import Cache, key_of
from agentsentinel_cli.scan.codec import decode, encode
from agentsentinel_cli.scan.extract import Hints
from agentsentinel_cli.scan.globs import Glob
from agentsentinel_cli.scan.model import (
    Act,
    AgentFact,
    FileFacts,
    GrantFact,
    GrantKind,
    Place,
    PoisonFact,
    Question,
    SecretFact,
    ServerFact,
    Symbol,
    ToolFact,
)
from cli.scan.support import READER, SALES_AGENT, sentinel, write_tree

text = st.text(st.characters(), max_size=12)
places = st.builds(Place, st.integers(1, 9999), st.integers(1, 99), st.none() | st.integers(1, 9999))
symbols = st.builds(Symbol, text, text)
acts = st.builds(Act, text, places, text)
tools = st.builds(
    ToolFact,
    st.none() | text | symbols,
    places,
    text,
    text,
    symbol=st.none() | text,
    description=text,
    parameters=st.lists(text, max_size=2).map(tuple),
    annotations=st.lists(st.tuples(text, st.booleans()), max_size=2).map(tuple),
    acts=st.lists(acts, max_size=2).map(tuple),
    implementation=st.none() | symbols,
)
grants = st.builds(GrantFact, st.sampled_from(GrantKind), text | symbols, places)
agents = st.builds(
    AgentFact,
    text,
    places,
    text,
    grants=st.lists(grants, max_size=2).map(tuple),
    servers=st.lists(st.builds(ServerFact, text, text, places), max_size=2).map(tuple),
    runs_code=st.none() | places,
)
file_facts = st.builds(
    FileFacts,
    tools=st.lists(tools, max_size=3).map(tuple),
    agents=st.lists(agents, max_size=2).map(tuple),
    secrets=st.lists(st.builds(SecretFact, text, text, places, st.booleans()), max_size=1).map(tuple),
    poison=st.lists(st.builds(PoisonFact, text, text, text, places), max_size=1).map(tuple),
    ignores=st.lists(st.tuples(st.integers(1, 99), st.lists(text, max_size=2).map(tuple), text), max_size=2).map(tuple),
    functions=st.dictionaries(text, tools, max_size=2),
    lists=st.dictionaries(text, st.lists(grants, max_size=2).map(tuple), max_size=2),
    constants=st.dictionaries(text, text, max_size=2),
    forwards=st.dictionaries(text, symbols, max_size=2),
    problem=st.none() | text,
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | text, lambda inner: st.lists(inner) | st.dictionaries(text, inner)
)


@given(file_facts)
def test_facts_come_back_as_they_were(facts: FileFacts) -> None:
    assert decode(encode(facts)) == facts


@given(plain)
def test_any_other_json_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="facts"):
        decode(json.dumps(content))


def test_a_key_depends_on_content_language_and_question() -> None:
    keys = {
        key_of("a.py", b"x", frozenset()),
        key_of("a.ts", b"x", frozenset()),
        key_of("a.py", b"y", frozenset()),
        key_of("a.py", b"x", frozenset({"f"})),
    }
    assert len(keys) == 4
    assert key_of("other/b.py", b"x", frozenset()) in keys


@pytest.mark.parametrize("damage", [b"", b"{}", b"\n[]", b"\xff" * 999])
def test_a_damaged_cache_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    cache = Cache(str(tmp_path), "work")
    cache.put("key", "facts")
    cache.save()
    (file,) = tmp_path.iterdir()
    assert Cache(str(tmp_path), "work").get("key") == "facts"
    file.write_bytes(damage)
    assert Cache(str(tmp_path), "work").get("key") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(str(tmp_path / "file" / "below"), "work")
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


def test_a_big_tree_is_read_by_several_processes_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"a{number}.py": SALES_AGENT for number in range(12)}
    questions = [Question(name, data.encode()) for name, data in files.items()]
    answers = isolation.read_in_children(questions, 2)
    assert len(answers) == 12
    assert {len(decode(answer).tools) for answer in answers.values()} == {4}


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
        ("time.sleep(60)", "takes longer than"),
    ],
)
def test_a_worker_that_dies_or_hangs_takes_only_its_file_with_it(
    does: str, problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child_that(does, monkeypatch, tmp_path)
    monkeypatch.setattr(isolation, "SECONDS_PER_FILE", 1.0)
    names = ["a.py", "bad.py", "c.py", "d.py"]
    questions = [Question(name, (SALES_AGENT + ("# BAD" if "bad" in name else "")).encode()) for name in names]
    answers = isolation.read_in_children(questions, 1)
    assert problem in str(decode(answers["bad.py", frozenset()]).problem)
    assert all(len(decode(answers[name, frozenset()]).tools) == 4 for name in ("a.py", "c.py", "d.py"))


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


def test_a_glob_of_many_stars_takes_no_time() -> None:
    assert not Glob("**a" * 30 + "b").fullmatch("a" * 4000)
    assert Glob("*a" * 30).fullmatch("a" * 4000)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "x/a.py", True),
        ("x/*.py", "x/a.py", True),
        ("x/*.py", "x/y/a.py", False),
        ("x/**", "x/y/a.py", True),
        ("x/", "x/y/a.py", True),
        ("**/y/*.py", "y/a.py", True),
        ("./a.py", "a.py", True),
        ("a?.py", "ab.py", True),
        ("a.py", "axpy", False),
        ("[a].py", "a.py", False),
    ],
)
def test_globs_stay_within_a_folder_unless_doubled(glob: str, path: str, expected: bool) -> None:
    assert bool(Glob(glob).fullmatch(path)) is expected


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
