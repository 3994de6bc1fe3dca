"""A thousand benign calls of five official servers: without --enforce none is blocked, whatever the rules say."""

import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from shim.support import API_KEY, PROGRAMS, SENTINEL, npm_server, wait_for_events

CALLS_OF_EACH = 200
GRAPH = {"entities": [{"name": "Ada", "entityType": "person", "observations": ["writes programs"]}]}
THOUGHT = {"thought": "Look first.", "nextThoughtNeeded": True, "thoughtNumber": 1, "totalThoughts": 2}
CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "everything": [("echo", {"message": "hello"}), ("get-sum", {"a": 1, "b": 2}), ("get-env", {})],
    "filesystem": [
        ("list_directory", {"path": str(PROGRAMS)}),
        ("read_text_file", {"path": str(PROGRAMS / "tiny.py")}),
        ("get_file_info", {"path": str(PROGRAMS / "tiny.py")}),
    ],
    "github": [("search_repositories", {}), ("list_issues", {})],  # refused by its own schema: no network is asked
    "memory": [("create_entities", GRAPH), ("search_nodes", {"query": "Ada"}), ("read_graph", {})],
    "sequential-thinking": [("sequentialthinking", THOUGHT)],
}
"""Server -> calls, in turn."""
DENIES_ALL = """\
version: 1
unknown_tools: deny
rules:
  - {{id: everything, mode: {mode}, when: {{tool: "*"}}}}
"""


@pytest.mark.parametrize(("mode", "would_block"), [("observe", False), ("enforce", True)])
@pytest.mark.parametrize("server", CALLS)
def test_each_call_is_answered_by_the_server_even_when_the_policy_denies_all(
    server: str, mode: str, would_block: bool, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(DENIES_ALL.format(mode=mode))
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        options = ["--agent-name", server, "--policy", str(policy)]
        answers = list(talk([SENTINEL, "shim", "--stdio", *options, "--", *npm_server(server)], url, tmp_path, server))
        events = wait_for_events(sentinel, CALLS_OF_EACH)
    assert len(answers) == CALLS_OF_EACH
    assert not [answer for answer in answers if "AgentSentinel" in json.dumps(answer)]
    assert {(event["decision"], event["would_block"], event["status"] == "denied") for event in events} == {
        ("allow", would_block, False)
    }


def talk(command: list[str], sentinel: str, folder: Path, server: str) -> Iterator[dict[str, Any]]:
    """Start a server, list its tools, call some, and yield the answers."""
    environment = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "SENTINEL_URL": sentinel}
    environment |= {"AGENTSENTINEL_SPOOL": str(folder / "spool"), "MEMORY_FILE_PATH": str(folder / "memory.json")}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    calls = itertools.islice(itertools.cycle(CALLS[server]), CALLS_OF_EACH)
    asked = [("initialize", hello), ("tools/list", {})]
    asked += [("tools/call", {"name": tool, "arguments": arguments}) for tool, arguments in calls]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, (method, params) in enumerate(asked):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            while answer.get("id") != number or "method" in answer:
                answer = json.loads(process.stdout.readline())
            if method == "tools/call":
                yield answer
        process.stdin.close()
        process.wait(PATIENCE_SECONDS)
