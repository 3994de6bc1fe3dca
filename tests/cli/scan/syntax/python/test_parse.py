"""A broken file is parsed in part; a failure is described."""

import ast
import warnings

import pytest

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python import extract_python
from agentsentinel_cli.scan.syntax.python.parse import parse
from agentsentinel_cli.scan.syntax.python.source import Source

TOOL = "from langchain_core.tools import tool\n\n@tool\ndef good(x: int) -> int:\n    return x\n"


def names(facts: FileFacts) -> list[object]:
    return [tool.name for tool in facts.tools]


@pytest.mark.parametrize(
    "rest",
    [
        "print 'x'\n",
        "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
        "def cut(:\n    x = (1,\n",
        "{% if x %}\nx = {{ y }}\n{% endif %}\n",
        "$$$ ???\n",
        "  x = 1\n",
        "x = " + "9" * 5000 + "\n",
    ],
)
def test_a_broken_file_is_read_in_part_and_says_so(rest: str) -> None:
    facts = extract_python("a.py", (TOOL + rest).encode())
    assert names(facts) == ["good"]
    assert facts.problem is not None
    assert "in part" in facts.problem


def test_valid_source_is_parsed_as_python_does() -> None:
    source = "def f(x):\n    return x\n"
    parsed = parse(Source(source))
    assert parsed.problem is None
    assert parsed.tree is not None
    assert ast.dump(parsed.tree, include_attributes=True) == ast.dump(ast.parse(source), include_attributes=True)


def test_a_problem_of_the_reader_is_passed_on() -> None:
    assert parse(Source("x = 1\n", problem="read as Latin-1")).problem == "read as Latin-1"


def test_the_line_of_an_error_is_that_of_the_file() -> None:
    broken = "x = 1\nprint 'x'\n"
    assert "in part (line 2: " in (parse(Source(broken)).problem or "")
    assert "in part (line 70: " in (parse(Source(broken, lines=(50, 70))).problem or "")


@pytest.mark.parametrize(
    ("text", "problem"), [("x = " + "(" * 300 + ")" * 300, "too many nested"), ("-" * 100_000 + "1", "too deeply")]
)
def test_what_cannot_be_parsed_says_why(text: str, problem: str) -> None:
    parsed = parse(Source(text))
    assert parsed.tree is None
    assert problem in (parsed.problem or "")


def test_a_file_with_too_many_faults_is_given_up() -> None:
    fault = "print 'x'\n\nx = 1\n\n"
    assert parse(Source(fault * 11)).tree is not None
    given_up = parse(Source(fault * 13))
    assert given_up.tree is None
    assert (given_up.problem or "").startswith("is not valid Python (line 1: ")


def test_a_doubtful_escape_of_the_scanned_file_warns_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse(Source("x = '\\d'\n")).problem is None
