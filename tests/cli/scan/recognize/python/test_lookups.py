"""What other files ask about this one."""

from agentsentinel_cli.scan.model import FileFacts, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python

SOURCE = b'''
from enum import Enum
from langchain_core.tools import BaseTool, tool
from .other import elsewhere, Shared as Common
from . import deeper

NAME = "the_name"

class Names(str, Enum):
    SEARCH = "search_all"

class Toolbox:
    def open(self, path: str) -> str:
        """Open a file."""
        return open(path).read()

class Mail(BaseTool):
    name: str = "mail"
    def _run(self, text: str): ...

def plain(city: str) -> str:
    """Weather of a city."""
    return city

@tool("Shown")
def decorated(x): ...

TOOLS = [decorated, plain]

def all_tools():
    return [decorated, Mail()]

mailer = Mail()
toolbox = Toolbox()
'''


def ask(*names: str) -> FileFacts:
    return extract_python("a.py", SOURCE, frozenset(names))


def test_a_plain_function_is_told_as_the_tool_it_becomes() -> None:
    fact = ask("plain").functions["plain"]
    assert (fact.name, fact.description, fact.parameters, fact.place.line) == (
        "plain",
        "Weather of a city.",
        ("city",),
        21,
    )


def test_a_decorated_function_keeps_the_name_it_was_given() -> None:
    assert ask("decorated").functions["decorated"].name == "Shown"


def test_a_class_and_its_instance_are_its_tool() -> None:
    facts = ask("Mail", "mailer")
    assert {key: fact.name for key, fact in facts.functions.items()} == {"Mail": "mail", "mailer": "mail"}


def test_a_method_is_found_through_its_class_and_its_instance() -> None:
    facts = ask("Toolbox.open", "toolbox.open")
    assert {key: [effect.kind for effect in fact.effects] for key, fact in facts.functions.items()} == {
        "Toolbox.open": ["file-read"],
        "toolbox.open": ["file-read"],
    }


def test_constants_enums_and_class_attributes_are_texts() -> None:
    assert ask("NAME", "Names.SEARCH", "Names.SEARCH.value").constants == {
        "NAME": "the_name",
        "Names.SEARCH": "search_all",
        "Names.SEARCH.value": "search_all",
    }


def test_what_is_only_imported_is_forwarded() -> None:
    assert ask("elsewhere", "Common", "deeper.thing").forwards == {
        "elsewhere": Symbol(".other", "elsewhere"),
        "Common": Symbol(".other", "Shared"),
        "deeper.thing": Symbol(".", "deeper.thing"),
    }


def test_lists_and_functions_that_return_them_are_opened() -> None:
    facts = ask("TOOLS", "all_tools")
    assert {key: [grant.target for grant in grants] for key, grants in facts.lists.items()} == {
        "TOOLS": ["decorated", "plain"],
        "all_tools": ["decorated", "Mail"],
    }
    assert all(grant.kind is GrantKind.LOCAL for grants in facts.lists.values() for grant in grants)
    assert {tool.symbol for tool in facts.tools} == {"decorated", "Mail", "plain"}


def test_names_that_are_not_here_are_not_answered() -> None:
    facts = ask("nothing", "Names.NOTHING", "not a name", "")
    assert (facts.functions, facts.lists, facts.constants, facts.forwards) == ({}, {}, {}, {})


def test_a_star_import_forwards_what_the_file_does_not_define() -> None:
    facts = extract_python("__init__.py", b"from .tools import *\n", frozenset({"search"}))
    assert facts.forwards == {"search": Symbol(".tools", "search")}
