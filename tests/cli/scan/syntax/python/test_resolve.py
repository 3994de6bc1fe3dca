"""Names lead to what they stand for, with bounded work."""

from collections.abc import Callable

import pytest

from agentsentinel_cli.scan.model import FileFacts
from agentsentinel_cli.scan.recognize.python import extract_python
from agentsentinel_cli.scan.syntax.python import resolve
from cli.scan.recognize.growth import growth

TOOL = "from langchain_core.tools import tool\n\n@tool\ndef good(x: int) -> int:\n    return x\n"


def names(facts: FileFacts) -> list[object]:
    return [tool.name for tool in facts.tools]


PUZZLES: dict[str, Callable[[int], str]] = {
    "lists": lambda size: "tools = [good]\n" + "tools += tools + tools\n" * size + "Agent(name='a', tools=tools)\n",
    "texts": lambda size: "n = 'x'\n" + "n = f'{n}{n}{n}{n}{n}{n}'\n" * size + "@tool(n)\ndef other(): ...\n",
    "bases": lambda size: "".join(
        f"class A{at}({', '.join(f'A{up}' for up in range(at)) or 'BaseTool'}): ...\n" for at in range(size)
    ),
}


@pytest.mark.parametrize("puzzle", PUZZLES.values(), ids=PUZZLES)
def test_names_that_double_at_each_step_do_not_double_the_work(
    puzzle: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "_MOST_STEPS_OF_ONE", 2_000)  # a tenth: counted steps take ten times as long
    monkeypatch.setattr(resolve, "_MOST_STEPS", 30_000)

    def read(size: int) -> FileFacts:
        return extract_python("a.py", (TOOL + puzzle(size)).encode())

    assert "good" in names(read(40))
    assert growth(read, 40) < 5  # unbounded, each of the twenty more steps doubles it


def test_what_takes_too_long_to_follow_is_said_and_not_passed_off_as_read() -> None:
    levels = [f"n{at} = f'{f'{{n{at - 1}}}' * 12}'\n" for at in range(1, 6)]
    doubling = "n0 = 'x'\n" + "".join(levels) + "@tool(n5)\ndef other(): ...\n"

    assert extract_python("a.py", TOOL.encode()).problem is None
    assert "names may be missing" in (extract_python("a.py", (TOOL + doubling).encode()).problem or "")
