"""A broken file is parsed in part; a failure is described."""

import pytest

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python import extract_python

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
