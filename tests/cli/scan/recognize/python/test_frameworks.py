"""Imports say which framework a Python file uses."""

import ast

import pytest

from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.recognize.python.frameworks import framework_of, framework_of_file, framework_of_module
from agentsentinel_cli.scan.syntax.python.scopes import read_symbols


@pytest.mark.parametrize(
    ("module", "framework"),
    [
        ("langchain_core.tools", "langchain"),
        ("agents", "openai-agents"),
        ("mcp.server.fastmcp", "mcp"),
        ("google.adk.tools", "google-adk"),
        ("google.cloud.storage", None),
        ("langchain_core_of_ours", None),
        (".agents", None),
        ("", None),
    ],
)
def test_a_module_belongs_to_its_framework(module: str, framework: str | None) -> None:
    assert framework_of_module(module) == framework
    assert framework_of(Symbol(module, "tool")) == framework


def test_what_is_not_imported_belongs_to_none() -> None:
    assert framework_of(None) is None


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import os\n", None),
        ("import openai\n", "openai"),
        ("import openai\nfrom langchain_core.tools import tool\n", "langchain"),
        ("from langchain_core.tools import tool\nimport openai\n", "langchain"),
        ("from .crewai import tool\n", None),
    ],
)
def test_a_file_uses_a_framework_rather_than_a_providers_client(source: str, framework: str | None) -> None:
    assert framework_of_file(read_symbols(ast.parse(source), source)) == framework
