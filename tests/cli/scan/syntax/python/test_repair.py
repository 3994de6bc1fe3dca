"""Repairs change as little as they can and never a number of lines."""

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python import extract_python

TOOL = "from langchain_core.tools import tool\n\n@tool\ndef good(x: int) -> int:\n    return x\n"


def names(facts: FileFacts) -> list[object]:
    return [tool.name for tool in facts.tools]


def test_newer_grammar_keeps_its_lines() -> None:
    source = 'a = f"{d["x"]} {d["y"]}"\ntype X = int\n\n\n' + TOOL
    facts = extract_python("a.py", source.encode())
    assert [(tool.name, tool.place.line) for tool in facts.tools] == [("good", 8)]
    assert facts.problem is None
