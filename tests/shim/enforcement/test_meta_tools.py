"""Calls within calls are found, however they are spelled."""

from typing import Any

import pytest

from agentsentinel_shim.enforcement.meta_tools import MOST_CALLS, inner_calls


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("call_tool", {"name": "delete", "arguments": {"a": 1}}, [("", "delete", {"a": 1})]),
        ("callTool", {"tool": "delete", "args": {"a": 1}}, [("", "delete", {"a": 1})]),
        ("gateway__call_tool", {"tool_name": "delete", "parameters": {}}, [("", "delete", {})]),
        ("invoke-tool", {"toolName": "delete", "server": "files"}, [("files", "delete", {}), ("", "delete", {})]),
        ("call_tool", {"name": "read", "tool_name": "delete"}, [("", "read", {}), ("", "delete", {})]),
        ("execute_tool", {"name": "delete", "input": '{"a": 1}'}, [("", "delete", {"a": 1})]),
        ("run_tool", {"name": "delete", "arguments": "not JSON"}, [("", "delete", None)]),
        ("run_tool", {"name": "delete", "arguments": [1]}, [("", "delete", None)]),
        (
            "call_tool",
            {"name": "call_tool", "arguments": {"name": "delete"}},
            [("", "call_tool", {"name": "delete"}), ("", "delete", {})],
        ),
        ("call_tool", {"TOOL": "delete", "ARGS": {"a": 1}}, [("", "delete", {"a": 1})]),
        ("call_tool", {"tool-name": "delete"}, [("", "delete", {})]),
        ("call_tool", {"function": "delete"}, [("", "delete", {})]),
        ("call_tool", {"tool": {"name": "delete"}, "arguments": {"a": 1}}, [("", "delete", {"a": 1})]),
        ("call_tool", {"calls": [{"name": "a", "arguments": {}}, {"tool": "b"}]}, [("", "a", {}), ("", "b", {})]),
        ("read_file", {"name": "delete", "arguments": {}}, []),
        ("call_tool", {"name": 1}, []),
        ("call_tool", {}, []),
        ("call_tool", None, []),
    ],
)
def test_the_calls_within_a_call(tool: str, arguments: Any, expected: list[Any]) -> None:
    assert [tuple(call) for call in inner_calls(tool, arguments)] == expected


def test_a_deep_call_is_found_and_the_search_is_bounded() -> None:
    arguments: dict[str, Any] = {"name": "delete"}
    for _ in range(100):
        arguments = {"name": "call_tool", "arguments": arguments}
    assert [call.tool for call in inner_calls("call_tool", arguments)][-1] == "delete"
    wide = {"calls": [{"name": "a"}] * (MOST_CALLS * 10)}
    assert len(list(inner_calls("call_tool", wide))) < MOST_CALLS
