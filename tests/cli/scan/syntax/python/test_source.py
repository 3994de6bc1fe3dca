"""Bytes that are read, bytes that are refused with a reason, and bytes that were meant to hurt."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.catalog.prefilter_python import may_matter
from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python import extract_python

TOOL = "from langchain_core.tools import tool\n\n@tool\ndef good(x: int) -> int:\n    return x\n"


def names(facts: FileFacts) -> list[object]:
    return [tool.name for tool in facts.tools]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + TOOL.encode(),
        TOOL.replace("\n", "\r\n").encode(),
        TOOL.replace("\n", "\r").encode(),
        b"# -*- coding: latin-1 -*-\n" + TOOL.encode() + b"s = 'caf\xe9'\n",
        b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\n" + TOOL.encode() + b"s = '\x80'\n",
        b"# coding: utf-7\n" + TOOL.encode("utf-7"),
        (TOOL + "x = " + "lambda: " * 2000 + "1\n").encode(),
        (TOOL + "x = 0x" + "f" * 100_000 + "\n").encode(),
        (TOOL + "tools = tools + tools\nclass A(A): pass\na = a.b\nAgent(name=a, tools=tools)\n").encode(),
    ],
)
def test_a_file_that_python_reads_is_read(data: bytes) -> None:
    facts = extract_python("a.py", data)
    assert (names(facts), facts.problem) == (["good"], None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (TOOL.encode("utf-16"), "UTF-16"),
        (TOOL.encode() + b"\0", "NUL"),
        (b"# coding: rot13\n" + TOOL.encode(), "rot13"),
        (b"# coding: punycode\n" + TOOL.encode(), "punycode"),
        ((TOOL + "x = " + "(" * 300 + ")" * 300).encode(), "too many nested"),
        ((TOOL + "x = " + "+".join(["1"] * 5000)).encode(), "deeply"),
        ((TOOL + "x = a" + ".b" * 5000).encode(), "deeply"),
        ((TOOL + "if a: pass\n" + "elif a: pass\n" * 3000).encode(), "deeply"),
        ((TOOL + "x = " + "-" * 200_000 + "1").encode(), "deeply"),
        ((TOOL + "x = " + "**".join(["1"] * 3000)).encode(), "deeply"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    facts = extract_python("a.py", data)
    assert facts.problem is not None
    assert reason in facts.problem
    assert facts.tools == ()


def test_bytes_of_no_encoding_are_read_and_reported() -> None:
    facts = extract_python("a.py", TOOL.encode() + b"s = 'caf\xe9'\n")
    assert (names(facts), facts.problem) == (["good"], "is not valid utf-8; read as Latin-1")


def notebook(*cells: str, indent: int | None = 1) -> bytes:
    shown = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": [], "metadata": {}} for cell in cells
    ]
    text = {"cell_type": "markdown", "source": ["# @tool\n", "def none(): ..."]}
    return json.dumps({"cells": [text, *shown], "nbformat": 4}, indent=indent).encode()


def test_a_notebook_is_read_without_its_magics_and_at_its_own_lines() -> None:
    data = notebook(
        "%pip install langchain\n!ls\nfrom langchain_core.tools import tool", "@tool\ndef good(x):\n    return x"
    )
    facts = extract_python("a.ipynb", data)
    assert [(tool.name, data.decode().splitlines()[tool.place.line - 1].strip()) for tool in facts.tools] == [
        ("good", '"def good(x):\\n",')
    ]
    assert facts.problem is None


def test_a_cell_of_another_language_is_no_python() -> None:
    data = notebook("%%bash\n@tool\ndef none(): ...", "%%time\n@tool\ndef good(): ...")
    assert names(extract_python("a.ipynb", data)) == ["good"]


def test_a_notebook_on_one_line_is_read() -> None:
    assert names(extract_python("a.ipynb", notebook("@tool\ndef good(): ...", indent=None))) == ["good"]


OUTPUTS = [
    {"output_type": "display_data", "data": {"image/png": "A" * 60_000}},
    {"output_type": "stream", "text": ['"source": ["@tool\\n"\n'] * 3_000},
    {"output_type": "execute_result", "data": {"application/json": {"source": ["another"], "rows": [1] * 9_000}}},
]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("keys", [("outputs", "source"), ("source", "outputs")])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_lines_are_those_of_the_file_after_outputs_of_any_length(
    output: dict[str, object], keys: tuple[str, ...], is_ascii: bool
) -> None:
    first = {"outputs": [output], "source": ["x = 'é'\n", "another\n"]}
    second = {"outputs": [output], "source": ["@tool\n", "def good(x):\n", "    return x\n"]}
    cells = [{"cell_type": "code", **{key: cell[key] for key in keys}} for cell in (first, first, second)]
    data = json.dumps({"cells": cells}, indent=1, ensure_ascii=is_ascii).encode()
    (tool,) = extract_python("a.ipynb", data).tools
    assert data.decode().splitlines()[tool.place.line - 1].strip() == '"def good(x):\\n",'


def test_cells_that_are_not_found_take_no_square_of_steps() -> None:
    cell = {"cell_type": "code", "source": ["@tool\n", "def good(): ...\n"]}
    data = json.dumps({"cells": [cell] * 20_000}).replace("@tool", "\\u0040tool").encode()
    assert extract_python("a.ipynb", data).problem is None


@pytest.mark.parametrize("magic", ["%%writefile agent.py", "%%writefile -a src/agent.py", "%%file agent.py"])
def test_a_cell_that_is_written_to_a_python_file_is_read(magic: str) -> None:
    data = notebook("x = 1", f"{magic}\n@tool\ndef good(): ...")
    (tool,) = extract_python("a.ipynb", data).tools
    assert data.decode().splitlines()[tool.place.line - 1].strip() == '"def good(): ..."'


@pytest.mark.parametrize("magic", ["%%writefile requirements.txt", "%%writefile Dockerfile", "%%script python.py"])
def test_a_cell_that_is_written_to_another_file_is_not(magic: str) -> None:
    assert names(extract_python("a.ipynb", notebook(f"{magic}\n@tool\ndef none(): ..."))) == []


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"cells": 3}', b'{"cells": [1, {"cell_type": "code"}]}', b"[" * 100_000]
)
def test_a_notebook_that_is_none_gives_nothing(data: bytes) -> None:
    assert extract_python("a.ipynb", data).tools == ()


def test_nothing_is_run_or_imported(capsys: pytest.CaptureFixture[str]) -> None:
    extract_python("a.py", b"import os\nprint('ran')\nraise SystemExit\n")
    assert capsys.readouterr().out == ""


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise(data: bytes) -> None:
    extract_python("a.py", data, frozenset({"x", "a.b"}))
    extract_python("a.ipynb", data)
    may_matter(data)


PIECES = st.sampled_from(
    """@tool
def f(x):
    return x
class A(BaseTool):
    name = 'n'
tools = [f]
tools += tools
Agent(name='a', tools=tools)
x = {'name': n, 'input_schema': {}}
for n, g in T:
    Tool(name=n, func=g)
T = [('a', f)]
A = A()
f = f
name = f'{name}'
    super().__init__(name)
    def __init__(self, name):
        self.name = name
import a.b
from .x import *
match x:
    case 'n':
        pass
f(*f, **f)
""".splitlines(keepends=True)
)


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=100, deadline=None)
def test_no_shuffled_program_raises_and_two_readings_agree(source: str) -> None:
    data = source.encode()
    assert extract_python("a.py", data, frozenset({"f", "A.name", "tools"})) == extract_python(
        "a.py", data, frozenset({"f", "A.name", "tools"})
    )
