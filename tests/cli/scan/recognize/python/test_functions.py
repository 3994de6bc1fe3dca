"""A function gives its tool a description, parameters and what its return value does."""

import ast

import pytest

from agentsentinel_cli.scan.recognize.python.functions import description_of, parameters_of, returned_effect
from agentsentinel_cli.scan.syntax.python.resolve import Resolver
from agentsentinel_cli.scan.syntax.python.scopes import Scope, SymbolTable, read_symbols


def probe(source: str) -> tuple[Scope, SymbolTable]:
    """Return the scope of the function `probe`, wherever it stands, and its file."""
    module = read_symbols(ast.parse(source), source)
    return next(scope for scope in module.scopes.values() if scope.name == "probe"), module


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ('"""One."""', "One."),
        ('"""One.\n\n        Two.\n    """', "One.\n\nTwo."),
        ("return 1", ""),
        ("1", ""),
        ('f"{x}"', ""),
    ],
)
def test_the_docstring_describes_the_tool(body: str, description: str) -> None:
    assert description_of(probe(f"def probe(x):\n    {body}\n")[0]) == description


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def probe(a, /, b, *rest, c=1, **more): ...", ("a", "b", "c")),
        ("class A:\n    def probe(self, a): ...", ("a",)),
        ("class A:\n    @classmethod\n    def probe(cls, a): ...", ("a",)),
        ("class A:\n    @staticmethod\n    def probe(a, b): ...", ("a", "b")),
        ("def probe(self, a): ...", ("self", "a")),
        ("def probe(a, state: Annotated[dict, InjectedState]): ...", ("a",)),
        ("def probe(a, state: Annotated[dict, 'the state']): ...", ("a", "state")),
        ("def probe(ctx: RunContext[Deps], a: int): ...", ("a",)),
    ],
)
def test_parameters_are_those_that_a_model_passes(source: str, names: tuple[str, ...]) -> None:
    assert parameters_of(probe(source)[0]) == names


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("def probe(a, b):\n    return a + b", ["arithmetic"]),
        ("def probe(a):\n    return str(round(a * 9 / 5 + 32))", ["arithmetic"]),
        ("def probe(a):\n    return a", ["constant"]),
        ("def probe(a):\n    return 'noted'", ["constant"]),
        ("def probe(a):\n    return f'steps for {a}'", ["constant"]),
        ("def probe(a):\n    return f'steps for {find(a)}'", []),
        ("def probe(a):\n    return other", []),
        ("def probe(a):\n    return a + 'x'", ["constant"]),
        ("def probe(a):\n    log(a)\n    b = a\n    return b + 1", []),
        ("def probe(a):\n    return find(a) + 1", []),
        ("helper = Agent('x')\ndef probe():\n    return helper", ["handover"]),
        ("from .team import sales_agent\ndef probe():\n    return sales_agent", ["handover"]),
        ("helper = Agent('x')\ndef probe(a):\n    if a:\n        return a\n    return helper", []),
        ("def probe():\n    pass", []),
    ],
)
def test_a_return_value_shows_a_formula_or_a_handover(source: str, kinds: list[str]) -> None:
    scope, module = probe(source)
    assert [effect.kind for effect in returned_effect(scope, module, Resolver(module))] == kinds
