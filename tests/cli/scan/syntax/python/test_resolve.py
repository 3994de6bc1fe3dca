"""Names lead to what they stand for, with bounded work."""

import ast
from collections.abc import Callable

import pytest

from agentsentinel_cli.scan.model import FileFacts, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python
from agentsentinel_cli.scan.syntax.python import resolve
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, FunctionRef, ParameterRef, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import SymbolTable, read_symbols
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


def resolver(source: str) -> tuple[Resolver, SymbolTable]:
    module = read_symbols(ast.parse(source), source)
    return Resolver(module), module


def text_of(expression: str, before: str = "") -> str | Symbol | None:
    values, module = resolver(f"{before}\ncall({expression})\n")
    ((call, scope),) = module.calls["call"]
    return values.text(call.args[0], scope)


@pytest.mark.parametrize(
    ("before", "expression", "text"),
    [
        ("", "'a' 'b'", "ab"),
        ("x = 'a'", "x", "a"),
        ("x = 'a'", "x + '_' + x", "a_a"),
        ("x = 'a'", "f'{x}-{x}'", "a-a"),
        ("class N(str, Enum):\n    A = 'a'", "N.A", "a"),
        ("class N(str, Enum):\n    A = 'a'", "N.A.value", "a"),
        ("class N:\n    a = 'b'", "N.a", "b"),
        ("x = ''", "x or 'b'", "b"),
        ("from .names import x", "x", Symbol(".names", "x")),
        ("from .names import N", "N.A", Symbol(".names", "N.A")),
        ("", "1", None),
        ("", "unknown", None),
        ("x = input()", "x", None),
        ("x = x", "x", None),
    ],
)
def test_an_expression_has_the_text_it_leads_to(before: str, expression: str, text: str | Symbol | None) -> None:
    assert text_of(expression, before) == text


@pytest.mark.parametrize(
    ("before", "items"),
    [
        ("tools = [a, b]", ["a", "b"]),
        ("tools = [a] + [b]", ["a", "b"]),
        ("more = [b]\ntools = [a, *more]", ["a", "b"]),
        ("tools = [a]\ntools.append(b)", ["a", "b"]),
        ("tools = [a]\ntools += [b]", ["a", "b"]),
        ("def make():\n    return [a, b]\ntools = make()", ["a", "b"]),
        ("tools = (a, b)", ["a", "b"]),
    ],
)
def test_a_list_has_the_items_it_is_built_of(before: str, items: list[str]) -> None:
    values, module = resolver(f"{before}\ncall(tools)\n")
    ((call, scope),) = module.calls["call"]
    assert [ast.unparse(item) for item, _, _ in values.elements(call.args[0], scope)] == items


def test_the_binding_in_effect_is_the_last_one_before_the_line() -> None:
    values, module = resolver("x = 'a'\ncall(x)\nx = 'b'\n")
    lines = [binding.line for line in (2, 3) if (binding := values.binding("x", module.scope, line)) is not None]
    assert lines == [1, 3]
    assert values.binding("y", module.scope) is None


def test_a_function_and_a_class_are_what_they_are_called() -> None:
    values, module = resolver("class A: ...\ndef f(p='d'):\n    call(A, f, p)\nvalue = [f]\n")
    ((call, scope),) = module.calls["call"]
    known, function, parameter = (values.resolve(node, scope) for node in call.args)
    assert isinstance(known, ClassRef)
    assert known.scope.name == "A"
    assert isinstance(function, FunctionRef)
    assert function.scope.name == "f"
    assert isinstance(parameter, ParameterRef)
    assert parameter.name == "p"


def test_a_member_comes_from_the_nearest_base() -> None:
    values, module = resolver("class A:\n    x = 'a'\n    y = 'a'\nclass B(A):\n    x = 'b'\n")
    derived = next(scope for scope in module.scope.children if scope.name == "B")
    texts = [values.text(found.value, derived) for name in "xy" if (found := values.member(derived, name))]
    assert texts == ["b", "a"]
    assert values.member(derived, "z") is None
