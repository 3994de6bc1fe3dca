"""One call of each client as its hooks are given it, before and after; see the sources in `hook/calls.py`."""

import json
from typing import Any

_CLAUDE: dict[str, Any] = {
    "session_id": "abc123",
    "transcript_path": "/home/ada/.claude/projects/app/abc123.jsonl",
    "cwd": "/home/ada/app",
    "permission_mode": "default",
    "tool_name": "mcp__github__create_issue",
    "tool_input": {"title": "Crash", "labels": ["bug"]},
    "tool_use_id": "toolu_01ABC",
}
_CODEX: dict[str, Any] = {
    "session_id": "0199-thread",
    "turn_id": "turn-1",
    "transcript_path": None,
    "cwd": "/home/ada/app",
    "model": "gpt-5.5-codex",
    "permission_mode": "default",
    "tool_name": "Bash",
    "tool_use_id": "call_1",
    "tool_input": {"command": "git push --force"},
}
_CURSOR: dict[str, Any] = {
    "conversation_id": "conv-1",
    "generation_id": "gen-1",
    "model": "composer-2",
    "cursor_version": "2.6.0",
    "workspace_roots": ["/home/ada/app"],
    "user_email": "ada@example.com",
    "tool_name": "MCP:github:create_issue",
    "tool_input": {"title": "Crash"},
    "tool_use_id": "tool_1",
    "cwd": "/home/ada/app",
}
_COPILOT: dict[str, Any] = {
    "sessionId": "sess-1",
    "timestamp": 1795973000000,
    "cwd": "/home/ada/app",
    "toolName": "bash",
    "toolArgs": json.dumps({"command": "npm test", "description": "Run the tests"}),
}

PAYLOADS: dict[str, dict[str, dict[str, Any]]] = {
    "claude-code": {
        "PreToolUse": {**_CLAUDE, "hook_event_name": "PreToolUse"},
        "PostToolUse": {**_CLAUDE, "hook_event_name": "PostToolUse", "tool_response": [{"type": "text", "text": "#7"}]},
        "PostToolUseFailure": {
            **_CLAUDE,
            "hook_event_name": "PostToolUseFailure",
            "error": "HTTP 403",
            "is_interrupt": False,
        },
    },
    "codex": {
        "PreToolUse": {**_CODEX, "hook_event_name": "PreToolUse"},
        "PostToolUse": {**_CODEX, "hook_event_name": "PostToolUse", "tool_response": "Everything up-to-date"},
    },
    "cursor": {
        "preToolUse": {**_CURSOR, "hook_event_name": "preToolUse"},
        "postToolUse": {
            **_CURSOR,
            "hook_event_name": "postToolUse",
            "tool_output": json.dumps({"number": 7}),
            "duration": 1234,
        },
        "postToolUseFailure": {
            **_CURSOR,
            "hook_event_name": "postToolUseFailure",
            "error_message": "refused by the user",
            "failure_type": "permission_denied",
            "duration": 12,
        },
    },
    "copilot": {
        "preToolUse": _COPILOT,
        "postToolUse": {**_COPILOT, "toolResult": {"resultType": "success", "textResultForLlm": "3 passed"}},
        "postToolUseFailure": {**_COPILOT, "error": "exit code 1"},
    },
}
