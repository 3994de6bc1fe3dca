"""No input ends a scan: it says what it could not read, reads everything else, and stays within time and memory.

All cases share a few runs, each beside a good file: what one case does to the run would show in its absence.
"""

import os
import socket
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsentinel_cli.commands.reporting import FORMATS
from cli.scan.support import READER, SALES_AGENT, Run, sentinel, write_tree

SECONDS = 300.0
"""After these a run is given up: what never ends must not hold up the tests. No case comes near them."""
MEMORY = 700 * 1024 * 1024
TOOL = b'from langchain_core.tools import tool\n\n\n@tool\ndef search_docs(query: str) -> str:\n    """Search."""\n'

ENCODINGS: dict[str, bytes] = {
    "bom.py": b"\xef\xbb\xbf" + TOOL + b"    return 'x'\n",
    "latin1.py": b"# -*- coding: latin-1 -*-\n" + TOOL + b"    return '\xe9'\n",
    "latin1_no_cookie.py": TOOL + b"    return '\xe9'\n",
    "utf16.py": (TOOL + b"    return 1\n").decode().encode("utf-16"),
    "utf32.py": (TOOL + b"    return 1\n").decode().encode("utf-32"),
    "unknown_cookie.py": b"# -*- coding: no-such-codec -*-\n" + TOOL + b"    return 1\n",
    "rot13_cookie.py": b"# -*- coding: rot13 -*-\n" + TOOL + b"    return 1\n",
    "utf7_cookie.py": b"# -*- coding: utf-7 -*-\n" + TOOL + b"    return 1\n",
    "punycode_cookie.py": b"# -*- coding: punycode -*-\n" + TOOL + b"    return 1\n",
    "nul.py": TOOL + b"    return '\x00'\n",
    "binary.py": bytes(range(256)) * 40 + b"@tool",
    "carriage_returns.py": TOOL.replace(b"\n", b"\r") + b"    return 1\r",
    "surrogates.py": TOOL + b'    return "\\ud800"\n',
    "empty.py": b"",
    "only_marker.py": b"@tool",
}
DEPTHS: dict[str, bytes] = {
    "parentheses.py": TOOL + b"    return " + b"(" * 300 + b")" * 300 + b"\n",
    "brackets.py": TOOL + b"    return " + b"[" * 90_000 + b"]" * 90_000 + b"\n",
    "sum.py": TOOL + b"    return " + b"+".join([b"1"] * 5_000) + b"\n",
    "attributes.py": TOOL + b"    return a" + b".a" * 5_000 + b"\n",
    "elif.py": TOOL + b"    if 1: pass\n" + b"    elif 1: pass\n" * 3_000,
    "unary.py": TOOL + b"    return " + b"-" * 200_000 + b"1\n",
    "powers.py": TOOL + b"    return " + b"**".join([b"2"] * 3_000) + b"\n",
    "lambdas.py": TOOL + b"    return " + b"lambda: " * 2_000 + b"1\n",
    "nots.py": TOOL + b"    return " + b"not " * 100_000 + b"1\n",
    "hexadecimal.py": TOOL + b"    return 0x" + b"f" * 1_000_000 + b"\n",
    "digits.py": TOOL + b"    return " + b"9" * 5_000 + b"\n",
    "calls.py": TOOL + b"    return f" + b"(f" * 180 + b")" * 180 + b"\n",
    "dots_over_lines.py": TOOL + b"    return (a\n" + b".a()\n" * 6_000 + b")\n",
    "sum_over_lines.py": TOOL + b"    return (1\n" + b"+ 1\n" * 6_000 + b")\n",
    "strings.py": TOOL + b"    return (" + b"'a' \n" * 20_000 + b")\n",
    "nested_functions.py": TOOL + b"".join(b" " * (4 + n) + b"def f():\n" for n in range(98)) + b" " * 110 + b"pass\n",
    "brackets.ts": b"server.tool('x', " + b"[" * 50_000 + b"]" * 50_000 + b")\n",
    "calls.js": b"server.tool('x', " + b"f(" * 20_000 + b")" * 20_000 + b")\n",
    "templates.ts": b"server.tool(" + b"`${" * 5_000 + b"}`" * 5_000 + b")\n",
}
SYNTAX: dict[str, bytes] = {
    "python2.py": TOOL + b"    print 'x'\n",
    "conflict.py": b"<<<<<<< HEAD\n" + TOOL + b"=======\n>>>>>>> other\n",
    "template.py": TOOL + b"    return {{ cookiecutter.name }}\n{% if x %}\n",
    "cut.py": TOOL + b"    return call(1,\n",
    "future.py": TOOL + b"    return t'{query}'\n\ntype X[T] = list[T]\n",
    "cut.ts": b"server.tool('search_docs', {}, async () => {\n",
    "notebook.ipynb": b'{"cells": [{"cell_type": "code", "source": ["%pip install x\\n", "@tool\\n"]}]}',
    "not_a_notebook.ipynb": b'{"cells": "@tool"}',
    "deep.ipynb": b'{"cells": ' + b"[" * 100_000 + b'"@tool"',
}


def many_tools(count: int) -> bytes:
    body = b"".join(b'@tool\ndef read_t%d(q: str) -> str:\n    """Read."""\n    return q\n\n' % n for n in range(count))
    return b"from langchain_core.tools import tool\n\n" + body


SIZES: dict[str, Callable[[], bytes]] = {
    "comments.py": lambda: b"# tool\n" * 700_000 + TOOL + b"    return 1\n",
    "one_line.py": lambda: b"x = '" + b"tool " * 700_000 + b"'\n",
    "list.py": lambda: b"tools = [" + b"1, " * 1_000_000 + b"]\n",
    "functions.py": lambda: TOOL + b"    return 1\n" + b"def f(): pass\n" * 100_000,
    "three_thousand_tools.py": lambda: many_tools(3_000),
    "redos.py": lambda: TOOL + b'    api_key = "' + b"a-" * 400_000 + b'"\n',
    "redos_spaces.py": lambda: TOOL + b"    token " + b" " * 400_000 + b"x\n",
    "too_large.py": lambda: b"# tool\n" * 7_500_000,
    "one_line.js": lambda: b"server.tool('x','" + b"y " * 700_000 + b"');\n",
}


def scan_with_good_file(folder: Path, form: str = "json") -> Run:
    write_tree(folder, {"good.py": SALES_AGENT})
    run = sentinel(folder, "scan", ".", "--format", form, seconds=SECONDS, memory_bytes=MEMORY)
    assert "Traceback" not in run.err
    return run


def unread(run: Run) -> dict[str, str]:
    return {entry["file"]: entry["error"] for entry in run.entries if "error" in entry}


@pytest.mark.parametrize("cases", [ENCODINGS, DEPTHS, SYNTAX], ids=["encodings", "depths", "syntax"])
def test_bad_files_do_not_hide_a_good_one(tmp_path: Path, cases: dict[str, bytes]) -> None:
    folder = write_tree(tmp_path / "w", dict(cases))
    run = scan_with_good_file(folder)
    assert run.code == 0
    assert {"send_email", "read_database"} <= set(run.tools)
    for path, reason in unread(run).items():
        assert reason
        assert f"not read: {path}: " in run.err
    for entry in run.entries:
        if "error" in entry and not entry["tools"]:
            assert entry["posture_score"] is None
            assert entry["status"] is None


@pytest.mark.parametrize("name", ["binary.py", "utf16.py", "unknown_cookie.py", "cut.py", "unary.py"])
def test_a_bad_file_alone_is_never_clean(tmp_path: Path, name: str) -> None:
    data = {**ENCODINGS, **DEPTHS, **SYNTAX}[name]
    run = sentinel(write_tree(tmp_path / "w", {name: data}), "scan", name, memory_bytes=MEMORY)
    assert "Traceback" not in run.err
    assert "100/100" not in run.out or "search_docs" in run.out
    assert run.code in (0, 3)
    if run.code == 3:
        assert f"not read: {name}: " in run.err


def test_large_files_stay_within_time_and_memory(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {name: make() for name, make in SIZES.items()})
    run = scan_with_good_file(folder)
    assert run.code == 0
    assert "send_email" in run.tools
    assert sum(name.startswith("read_t") for name in run.tools) == 3_000
    assert unread(run)["too_large.py"] == "larger than 4 MB"


def test_what_is_no_file_is_listed_and_not_opened(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"real/agent.py": READER})
    os.mkfifo(folder / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)  # addresses of sockets are short
        server.bind("socket.py")
    (folder / "self.py").symlink_to("self.py")
    (folder / "zero.py").symlink_to("/dev/zero")
    (folder / "memory.py").symlink_to("/proc/self/mem")
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to("/")
    fan = folder / "fan"
    for depth in range(12):
        (fan / f"a{depth}").mkdir(parents=True)
        (fan / "b").symlink_to(".")
        fan = fan / f"a{depth}"
    with zipfile.ZipFile(folder / "zip.py", "w") as archive:
        archive.writestr("__main__.py", SALES_AGENT)
    write_tree(folder, {"bomb.json": "[" * 10_000, "x.yaml": "a: &a [*a]", "x.pyc": b"\x00" * 100})
    run = scan_with_good_file(folder)
    assert run.code == 0
    assert sorted(run.tools) == ["read_database", "search_crm", "search_docs", "send_email", "write_file"]
    assert unread(run)["pipe.py"] == "not a regular file"
    assert unread(run)["socket.py"] == "not a regular file"


@pytest.mark.parametrize("target", ["/dev/zero", "/proc/self/mem", "pipe.py", "loop.py", "x.pyc"])
def test_what_is_no_source_file_named_outright_is_refused(tmp_path: Path, target: str) -> None:
    folder = write_tree(tmp_path / "w", {"x.pyc": b"\x00"})
    os.mkfifo(folder / "pipe.py")
    (folder / "loop.py").symlink_to("loop.py")
    run = sentinel(folder, "scan", target, seconds=10)
    assert run.code in (2, 3)
    assert "Traceback" not in run.err


def test_odd_file_names_are_read_and_shown_harmlessly(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    names = [
        b"esc\x1b[31m.py",
        b"new\nline.py",
        b"bad\xff\xfeutf8.py",
        b"-rf.py",
        b"--format=json.py",
        b"a" * 250 + b".py",
    ]
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_text(READER)
    for form in FORMATS:
        run = scan_with_good_file(folder, form)
        assert run.code == 0
        assert "\x1b" not in run.out + run.err
    assert scan_with_good_file(folder).tools.count("search_docs") == len(names)


def test_a_path_longer_than_the_system_allows_is_listed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"a.py": READER})
    before = Path.cwd()
    os.chdir(folder)
    for _ in range(20):
        Path("d" * 240).mkdir()
        os.chdir("d" * 240)
    os.chdir(before)
    run = scan_with_good_file(folder)
    assert "search_docs" in run.tools


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_listed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"secret/a.py": READER, "b.py": READER})
    (folder / "b.py").chmod(0)
    (folder / "secret").chmod(0)
    run = scan_with_good_file(folder)
    (folder / "secret").chmod(stat.S_IRWXU)
    assert set(unread(run)) == {"b.py", "secret"}


def test_nothing_is_ever_imported_or_run(tmp_path: Path) -> None:
    trap = "open('touched', 'w').close()\n"
    folder = write_tree(
        tmp_path / "w",
        {
            "agent.py": trap + SALES_AGENT,
            "langchain_core/__init__.py": trap,
            "json.py": trap,
            "ast.py": trap,
            "sitecustomize.py": trap,
            "tree_sitter.py": trap,
            "agentsentinel_cli/__init__.py": trap,
            "deep.py": DEPTHS["unary.py"],  # read in a child process, which starts in this folder too
        },
    )
    assert "send_email" in scan_with_good_file(folder).tools
    assert not (folder / "touched").exists()


def test_ten_thousand_files_take_seconds(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    for number in range(100):
        (folder / f"p{number}").mkdir(parents=True)
        for file in range(100):
            (folder / f"p{number}" / f"m{file}.py").write_text("VALUE = 1\n")
    run = scan_with_good_file(folder)
    assert run.code == 0
    assert "send_email" in run.tools
