"""What toolkits, backends and middleware of a package give is granted by the name of their class, and judged."""

from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.scan.catalog.toolkits import BEARERS, TOOLKITS
from agentsentinel_cli.scan.classification import class_of_given
from agentsentinel_core.tools.capability import ToolScope
from cli.scan.support import sentinel, write_tree

SHELL = '''\
import subprocess

from deepagents import create_deep_agent


def sh(cmd: str) -> str:
    """Run."""
    return subprocess.run(cmd, shell=True, capture_output=True, text=True).stdout


'''
PYTHON = "from langchain.agents import create_agent\nfrom kits import {0}\n\n{1}\n"
DEEP = "from deepagents import create_deep_agent\nfrom deepagents.backends import {0}\n\n{1}\n"


def entries(folder: Path, text: str, name: str = "a.py") -> list[dict[str, Any]]:
    return sentinel(write_tree(folder / "w", {name: text}), "scan", ".", "--format", "json").entries


def rules(entry: dict[str, Any]) -> set[str]:
    return {finding["rule_id"] for finding in entry["findings"]}


def granted(entry: dict[str, Any]) -> set[str]:
    return {grant["name"] for grant in entry["grants"]}


@pytest.mark.parametrize("name", sorted(TOOLKITS))
@pytest.mark.parametrize(
    "made",
    [
        "agent = create_agent('m', tools={0}(x).get_tools())",
        "kit = {0}(x)\ntools = kit.get_tools()\nagent = create_agent('m', tools=[*tools])",
    ],
)
def test_an_agent_is_granted_the_toolkit_whose_tools_it_gets(tmp_path: Path, name: str, made: str) -> None:
    (entry,) = entries(tmp_path, PYTHON.format(name, made.format(name)))
    assert granted(entry) == {name}


@pytest.mark.parametrize("name", sorted(BEARERS))
@pytest.mark.parametrize(
    "word",
    ["backend={0}(x)", "middleware=[{0}(x)]", "backend=lambda runtime: {0}(x)", "backend=Several(default={0}(x))"],
)
def test_an_agent_is_granted_what_a_backend_or_middleware_gives(tmp_path: Path, name: str, word: str) -> None:
    (entry,) = entries(tmp_path, DEEP.format(name, f"agent = create_deep_agent(model='m', {word.format(name)})"))
    assert granted(entry) == {name}


@pytest.mark.parametrize("name", sorted({**TOOLKITS, **BEARERS}))
def test_each_row_gives_tools_that_are_judged(name: str) -> None:
    found = class_of_given(name)
    assert found.name == name
    assert found.capabilities or found.scope is not ToolScope.READ


def test_a_toolkit_is_judged_by_the_tools_that_are_selected(tmp_path: Path) -> None:
    made = "agent = create_agent('m', tools=FileManagementToolkit(root_dir='/'{0}).get_tools())"
    for selected, expected in (("", "write"), (", selected_tools=['read_file', 'list_directory']", "read")):
        (entry,) = entries(tmp_path, PYTHON.format("FileManagementToolkit", made.format(selected)))
        assert [grant["scope"] for grant in entry["grants"]] == [expected]
        assert ("UNBOUNDED_FILE_ACCESS" in rules(entry)) == (expected == "write")


def test_mail_and_a_database_in_one_list_are_an_exfiltration_path(tmp_path: Path) -> None:
    made = "agent = create_agent('m', tools=[*SQLDatabaseToolkit(db=db).get_tools(), *GmailToolkit().get_tools()])"
    (entry,) = entries(tmp_path, PYTHON.format("SQLDatabaseToolkit, GmailToolkit", made))
    assert "EXFILTRATION_PATH" in rules(entry)


def test_a_shell_of_a_backend_runs_code(tmp_path: Path) -> None:
    made = "agent = create_deep_agent(model='m', backend=LocalShellBackend(root_dir='/'))"
    (entry,) = entries(tmp_path, DEEP.format("LocalShellBackend", made))
    assert "CODE_EXECUTION_GRANT" in rules(entry)


RUNNER = "{'name': 'runner', 'description': 'd', 'tools': [sh]}"
SUBAGENTS = [
    f"agent = create_deep_agent(model='m', subagents=[{RUNNER}])",
    f"runner = {RUNNER}\nagent = create_deep_agent(model='m', subagents=[runner])",
    f"team = [{RUNNER}]\nagent = create_deep_agent(model='m', subagents=team)",
    "agent = create_deep_agent(model='m', tools=[sh], subagents=[{'name': 'runner', 'description': 'd'}])",
]


@pytest.mark.parametrize("made", SUBAGENTS)
def test_an_agent_that_is_written_as_a_dictionary_has_its_tools(tmp_path: Path, made: str) -> None:
    found = {entry["agent"]: entry for entry in entries(tmp_path, SHELL + made + "\n")}
    assert [tool["name"] for tool in found["runner"]["tools"]] == ["sh"]
    assert "CODE_EXECUTION_GRANT" in rules(found["runner"])


def test_tools_of_the_projects_own_middleware_are_granted(tmp_path: Path) -> None:
    middleware = "class Shells(AgentMiddleware):\n    tools = [sh]\n\n\n"
    made = "agent = create_deep_agent(model='m', middleware=[Shells()])\n"
    (entry,) = entries(tmp_path, SHELL + middleware + made)
    assert [tool["name"] for tool in entry["tools"]] == ["sh"]


TYPESCRIPT = """\
import { createDeepAgent, LocalShellBackend, FilesystemBackend } from "deepagents";
import { SqlToolkit } from "langchain/agents/toolkits/sql";
"""
TYPESCRIPT_AGENTS = [
    ('createDeepAgent({ model: "m", backend: new LocalShellBackend({ rootDir: "/" }) })', "LocalShellBackend"),
    ('createDeepAgent({ model: "m", backend: () => new FilesystemBackend({ rootDir: "/" }) })', "FilesystemBackend"),
    ('createDeepAgent({ backend: new LocalShellBackend({ rootDir: "/" }) })', "LocalShellBackend"),
    ("createDeepAgent({ backend: await LocalShellBackend.create({}) })", "LocalShellBackend"),
    ('createDeepAgent({ model: "m", tools: new SqlToolkit(db).getTools() })', "SqlToolkit"),
    ('createDeepAgent({ model: "m", tools: [...new SqlToolkit(db).getTools()] })', "SqlToolkit"),
    ('createDeepAgent({ model: "m", subagents: [{ name: "r", tools: new SqlToolkit(db).getTools() }] })', "SqlToolkit"),
]


@pytest.mark.parametrize(("made", "name"), TYPESCRIPT_AGENTS)
def test_the_same_holds_in_typescript(tmp_path: Path, made: str, name: str) -> None:
    found = entries(tmp_path, f"{TYPESCRIPT}export const agent = {made};\n", "a.ts")
    assert {name} in [granted(entry) for entry in found]
