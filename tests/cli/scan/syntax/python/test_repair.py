"""Repairs change as little as they can and never a number of lines."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python import extract_python
from agentsentinel_cli.scan.syntax.python.repair import Repair

TOOL = "from langchain_core.tools import tool\n\n@tool\ndef good(x: int) -> int:\n    return x\n"


def names(facts: FileFacts) -> list[object]:
    return [tool.name for tool in facts.tools]


def test_newer_grammar_keeps_its_lines() -> None:
    source = 'a = f"{d["x"]} {d["y"]}"\ntype X = int\n\n\n' + TOOL
    facts = extract_python("a.py", source.encode())
    assert [(tool.name, tool.place.line) for tool in facts.tools] == [("good", 8)]
    assert facts.problem is None


@pytest.mark.parametrize(
    ("newer", "lowered"),
    [
        ("def f[T](x): pass\n", "def f(x): pass\n"),
        ("class A[T, *U](B): pass\n", "class A(B): pass\n"),
        ("type X = int\n", "X = (int)\n"),
        ('x = t"{y}"\n', 'x = f"{y}"\n'),
        ("try: pass\nexcept A, b.C:\n    pass\n", "try: pass\nexcept (A, b.C):\n    pass\n"),
        ('x = f"{a["b"]}"\n', "x = f'''{_}'''\n"),
    ],
)
def test_newer_grammar_becomes_older_grammar(newer: str, lowered: str) -> None:
    repair = Repair(newer)
    repair.lower_newer_grammar()
    assert repair.text == lowered
    ast.parse(repair.text)


@pytest.mark.parametrize(
    "source",
    ["x: list[int] = y[0]\n", "x = f'{y}' + rt\n", "try: pass\nexcept (A, B): pass\n", "type = X\nprint(type)\n"],
)
def test_grammar_that_every_version_reads_stays(source: str) -> None:
    repair = Repair(source)
    repair.lower_newer_grammar()
    assert repair.text == source


def test_a_cut_takes_one_statement_and_keeps_its_block() -> None:
    repair = Repair("def f():\n    print 'x'\n\ndef g():\n    return 1\n")
    assert repair.cut_statement(2)
    assert repair.text == "def f():\n    pass\n\ndef g():\n    return 1\n"


def test_what_is_blank_cannot_be_cut() -> None:
    assert not Repair("\n\n\n").cut_statement(2)


def test_marks_of_a_conflict_are_cut_at_once_and_both_sides_stay() -> None:
    repair = Repair("<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n")
    assert repair.cut_statement(1)
    assert repair.text == "\nx = 1\n\nx = 2\n\n"


LINES = st.sampled_from(
    ["def f[T](x):", "    return 1", "x = f'''{a", "}'''", "type X = (int,", ")", "print 'x'", "=======", "", "(", "é"]
)


@given(st.lists(LINES, max_size=8), st.integers(-1, 10))
@settings(max_examples=60, deadline=None)
def test_no_repair_moves_a_line(lines: list[str], cut: int) -> None:
    repair = Repair("\n".join(lines))
    repair.lower_newer_grammar()
    assert repair.text.count("\n") == max(0, len(lines) - 1)
    repair.cut_statement(cut)
    assert repair.text.count("\n") == max(0, len(lines) - 1)
