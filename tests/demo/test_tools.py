"""The simulated tools: their schemas tell the truth, and they touch nothing."""

import builtins
import inspect
import json
import socket
from typing import Any

import pytest
from demo.scripted_model import CONVERSATIONS
from demo.tools import TOOLS

from agentsentinel_sdk import Tool

BY_NAME = {tool.name: tool for tool in TOOLS}
SCRIPTED_CALLS = [call for conversation in CONVERSATIONS for turn in conversation.turns for call in turn]


def test_the_five_tools_have_the_names_of_the_guide() -> None:
    assert list(BY_NAME) == ["search_crm", "read_database", "http_fetch", "send_email", "write_file"]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_schema_names_exactly_the_parameters_of_the_function(tool: Tool) -> None:
    schema = tool.schema["input_schema"]
    parameters = list(inspect.signature(tool._function).parameters)
    assert list(schema["properties"]) == schema["required"] == parameters


@pytest.mark.parametrize(("name", "arguments"), SCRIPTED_CALLS)
def test_every_call_of_the_script_fits_its_tool_and_gives_a_little_json(name: str, arguments: dict[str, Any]) -> None:
    result = json.dumps(BY_NAME[name].execute(arguments))
    assert 2 < len(result) < 2000


def test_the_tools_open_no_file_and_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a simulated tool reached outside")

    monkeypatch.setattr(builtins, "open", refuse)
    monkeypatch.setattr(socket, "socket", refuse)
    for name, arguments in SCRIPTED_CALLS:
        BY_NAME[name].execute(arguments)


def test_every_address_in_the_script_is_reserved_for_examples() -> None:
    for _, arguments in SCRIPTED_CALLS:
        for address in (arguments.get("to", ""), arguments.get("url", "")):
            assert not address or "example.com" in address
