"""Frameworks by a program's own imports."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentsentinel_cli.discover import imports
from agentsentinel_cli.discover.imports import ImportedFrameworks, read_node, read_python, read_python_code


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return str(path)


def python(folder: Path, text: str, others: Mapping[str, str] | None = None) -> ImportedFrameworks:
    for name, source in (others or {}).items():
        written(folder, name, source)
    return read_python(written(folder, "worker.py", text), [str(folder)])


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("import langchain", "langchain"),
        ("from langchain_core.tools import tool", "langchain"),
        ("from langchain_google_genai import ChatGoogleGenerativeAI", "langchain"),
        ("from langgraph.graph import StateGraph", "langchain"),
        ("from agents import Agent, Runner", "openai-agents"),
        ("from agents import (\n    Agent as A,  # the agent\n    function_tool,\n)", "openai-agents"),
        ("import agents\nagents.Runner.run_sync(1)", "openai-agents"),
        ("from mcp.server.fastmcp import FastMCP", "mcp"),
        ("from fastmcp import FastMCP", "mcp"),
        ("from crewai import Crew", "crewai"),
        ("import autogen_agentchat.agents as a", "autogen"),
        ("from semantic_kernel import Kernel", "semantic-kernel"),
        ("from llama_index.core import Settings", "llamaindex"),
        ("import os, sys, haystack", "haystack"),
        ("def f():\n    from pydantic_ai import Agent", "pydantic-ai"),
        ("try:\n\tfrom google.adk.agents import Agent\nexcept ImportError: pass", "google-adk"),
        ("import anthropic", "anthropic"),
        ("if 1: import openai", "openai"),
        ("if TYPE_CHECKING:\n    import crewai\n\n    import mcp\nimport openai", "openai"),
        ("if typing.TYPE_CHECKING: import crewai\nimport openai", "openai"),
        ("def f():\n    if TYPE_CHECKING:\n        import crewai\n    import openai", "openai"),
        ("if TYPE_CHECKING:\n    import crewai\nelse:\n    import openai", "openai"),
        ("if not TYPE_CHECKING:\n    import openai", "openai"),
    ],
)
def test_each_framework_is_known_by_its_imports(tmp_path: Path, source: str, framework: str) -> None:
    assert python(tmp_path, source).frameworks == {framework}


@pytest.mark.parametrize(
    "source",
    [
        '"""How to\n\nimport langchain\n"""',
        "# import langchain",
        "text = '''\nimport langchain\n'''",
        'code = "import langchain"',
        "import notes_about_langchain",
        "from agents import load",
        "import agents\nagents.load()",
        "from .langchain import x",
        "print('from openai import OpenAI')",
        "importlangchain = 1",
        "if TYPE_CHECKING:\n    import langchain\n",
        "if typing.TYPE_CHECKING:\n    from crewai import (\n        Crew,\n    )\n\n    import mcp\nx = 1",
        "def f():\n\tif TYPE_CHECKING:\n\t\timport openai\n\treturn 1",
        "if TYPE_CHECKING: import openai",
    ],
)
def test_words_that_are_not_imports_of_a_framework(tmp_path: Path, source: str) -> None:
    assert python(tmp_path, source).frameworks == frozenset()


def test_a_package_of_the_project_shadows_a_framework_of_its_name(tmp_path: Path) -> None:
    found = python(tmp_path, "from agents import Agent\nimport mcp", {"agents.py": "", "mcp/server.py": ""})
    assert found.frameworks == frozenset()


@pytest.mark.parametrize(
    ("source", "others"),
    [
        ("import brain", {"brain.py": "import crewai"}),
        ("from parts import brain", {"parts/brain.py": "import crewai", "parts/__init__.py": ""}),
        ("from parts.brain import think", {"parts/brain.py": "import crewai"}),
        ("import a", {"a.py": "import b", "b.py": "from c import d", "c.py": "import crewai"}),
        ("import parts", {"parts/__init__.py": "from . import brain", "parts/brain.py": "import crewai"}),
        (
            "import parts.x",
            {"parts/x/__init__.py": "from .y import q", "parts/x/y.py": "from ..brain import z"}
            | {"parts/brain.py": "import crewai"},
        ),
    ],
)
def test_modules_of_the_project_are_followed(tmp_path: Path, source: str, others: dict[str, str]) -> None:
    assert python(tmp_path, source, others).frameworks == {"crewai"}


def test_modules_that_import_each_other_end(tmp_path: Path) -> None:
    found = python(tmp_path, "import a", {"a.py": "import b", "b.py": "import a, worker, crewai"})
    assert found.frameworks == {"crewai"}
    assert len(found.files) == 3


def test_the_number_of_files_is_bounded(tmp_path: Path) -> None:
    count = imports.MOST_FILES * 2
    modules = {f"m{number}.py": f"import m{number + 1}" for number in range(count)}
    assert len(python(tmp_path, "import m0", modules).files) == imports.MOST_FILES


def test_only_the_beginning_of_a_large_file_is_read(tmp_path: Path) -> None:
    text = "import crewai\n" + "x = 1\n" * imports.MOST_BYTES + "import haystack\n"
    assert python(tmp_path, text).frameworks == {"crewai"}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        '"""' * 50_001,
        "'" * 100_001,
        "import " + "a," * 50_000,
        "\0" * 1000,
        "from a import (\n" * 15_000,
        "if TYPE_CHECKING:\n" + "    \n" * 40_000 + "\t",
        "if TYPE_CHECKING:" + "\n" * 100_000,
    ],
)
def test_hostile_source_is_read_in_time_that_grows_with_its_size(tmp_path: Path, text: str) -> None:
    assert python(tmp_path, f"import crewai\n{text}").frameworks == {"crewai"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "worker.py"
    path.write_bytes("name = 'é'\nimport crewai\n".encode(encoding))
    assert read_python(str(path), [str(tmp_path)]).frameworks == {"crewai"}


@pytest.mark.parametrize("place", ["gone.py", "."])
def test_what_cannot_be_read_is_said(tmp_path: Path, place: str) -> None:
    assert read_python(str(tmp_path / place), []).is_unreadable


def test_a_pipe_in_the_place_of_a_script_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "worker.py")
    assert read_python(str(tmp_path / "worker.py"), []).is_unreadable


def test_an_adapter_of_the_platform_shows_that_the_agent_is_monitored(tmp_path: Path) -> None:
    found = python(tmp_path, "import crewai\nfrom agentsentinel_crewai import watch")
    assert found.is_monitored
    assert found.frameworks == {"crewai"}


def test_code_of_the_command_line_is_read() -> None:
    assert read_python_code("import time; import openai; from mcp import x", []).frameworks == {"openai", "mcp"}


def test_the_evidence_names_file_and_module(tmp_path: Path) -> None:
    assert python(tmp_path, "import brain", {"brain.py": "import crewai.tools"}).evidence == (
        "brain.py imports crewai.tools",
    )


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ('import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"', "mcp"),
        ("const OpenAI = require('openai')", "openai"),
        ('import Anthropic from "@anthropic-ai/sdk";', "anthropic"),
        ('const x = await import("@langchain/core")', "langchain"),
        ("import { Agent } from '@openai/agents'", "openai-agents"),
        ("import 'llamaindex'", "llamaindex"),
        ('import { LlmAgent } from "@google/adk"', "google-adk"),
    ],
)
def test_scripts_of_node_are_known_by_their_imports(tmp_path: Path, source: str, framework: str) -> None:
    assert read_node(written(tmp_path, "server.js", source)).frameworks == {framework}


def test_files_that_a_script_of_node_imports_are_followed(tmp_path: Path) -> None:
    written(tmp_path, "lib/brain.ts", 'import "./deep/index.js"')
    written(tmp_path, "lib/deep/index.ts", 'import OpenAI from "openai"')
    assert read_node(written(tmp_path, "server.ts", 'import { x } from "./lib/brain"')).frameworks == {"openai"}


@pytest.mark.parametrize(
    "source", ["// import 'openai'", "/* require('openai')\n*/", "x('openai')", "import './openai'"]
)
def test_words_in_a_script_of_node_that_are_not_imports(tmp_path: Path, source: str) -> None:
    assert read_node(written(tmp_path, "server.js", source)).frameworks == frozenset()


def test_a_bundle_is_known_by_what_its_package_depends_on(tmp_path: Path) -> None:
    written(tmp_path, "package.json", '{"name": "@acme/tools", "dependencies": {"@modelcontextprotocol/sdk": "1"}}')
    found = read_node(written(tmp_path, "dist/index.js", "var a=1;"))
    assert found.frameworks == {"mcp"}
    assert found.package == "@acme/tools"


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"dependencies": [1]}'])
def test_broken_packages_are_passed_over(tmp_path: Path, text: str) -> None:
    written(tmp_path, "package.json", text)
    assert read_node(written(tmp_path, "index.js", "x")).frameworks == frozenset()
