"""Tools of providers and packages, which the source only names."""

import pytest

from agentsentinel_cli.scan.classification import class_of_name
from agentsentinel_core.tools.capability import Capability, ToolScope


@pytest.mark.parametrize(
    "name",
    [
        "codeExecution", "codeExecution_20250825", "code_execution_20250522", "codeInterpreter", "computer_20250124",
        "bash_20250124", "shellTool",
    ],
)  # fmt: skip
def test_a_providers_tool_that_runs_code_does_so_under_every_spelling_and_date(name: str) -> None:
    found = class_of_name(name)
    assert Capability.CODE_EXECUTION in found.capabilities
    assert found.is_dangerous


@pytest.mark.parametrize("name", ["textEditor_20250728", "text_editor"])
def test_a_providers_editor_writes_files_and_runs_nothing(name: str) -> None:
    found = class_of_name(name)
    assert found.scope is ToolScope.WRITE
    assert Capability.CODE_EXECUTION not in found.capabilities


@pytest.mark.parametrize("name", ["webSearch_20250305", "fileSearch", "codeExecutions", "report_20250101"])
def test_a_date_or_a_likeness_alone_makes_no_tool_run_code(name: str) -> None:
    assert class_of_name(name).scope is ToolScope.READ
