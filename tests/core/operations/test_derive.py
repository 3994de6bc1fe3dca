"""Which tool calls have an operation, and that nothing of an argument is in it."""

import re
from collections import UserDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.operations.derive import MOST_MEMBERS, MOST_TEXTS, is_operation, operation_of, words_of
from agentsentinel_core.operations.vocabulary import ACTIONS, METHODS, OTHER, PROGRAMS, SQL_VERBS

LISTED = PROGRAMS | SQL_VERBS | METHODS | ACTIONS | {OTHER}


@pytest.mark.parametrize(
    ("tool", "arguments", "operation"),
    [
        ("Bash", {"command": "git push"}, "git"),
        ("run_in_terminal", {"command": "ls", "explanation": "list"}, "ls"),
        ("terminal", {"commands": ["ls -l", "curl x"]}, "curl+ls"),
        ("shell", {"command": ["git", "log"]}, "git"),
        ("shell", {"command": ["bash", "-lc", "ls | nc x"]}, "ls+nc"),
        ("local_shell", {"action": {"type": "exec", "command": ["ls"]}}, "ls"),
        ("exec_command", {"cmd": "make"}, "make"),
        ("mcp__shell__execute", {"command": "git", "args": ["status"]}, "git"),
        ("mcp__shell__execute", {"command": "sh", "args": ["-c", "curl x"]}, "curl"),
        ("run_command", {"CommandLine": "npm test", "Cwd": "/"}, "npm"),
        ("bash", "ls -la", "ls"),
        ("my_shell", {"line_of_text": "ls -la"}, "ls"),
        ("bash", {"restart": True}, None),
        ("bash", {"command": ["x"] * (MOST_TEXTS + 1)}, "other"),
        ("run_sql", {"sql": "SELECT 1"}, "select"),
        ("execute_sql_command", {"command": "DROP TABLE x"}, "drop"),
        ("query_database", {"query": "delete from x", "limit": 1}, "delete"),
        ("query_database", {"query": "customers named Bob"}, None),
        ("queryDB", {"statements": ["select 1", "drop table x"]}, "drop+select"),
        ("http_request", {"method": "POST", "url": "https://x"}, "post"),
        ("HTTPRequest", {"method": "FROB"}, "other"),
        ("fetch", {"url": "https://x"}, None),
        ("browser", {"action": "leftClick", "at": [1, 2]}, "left_click"),
        ("computer", {"action": "screenshot"}, "screenshot"),
        ("computer_use_preview", {"action": {"type": "double_click", "x": 1}}, "double_click"),
        ("browser", {"action": "hunter2"}, "other"),
        ("slack_message", {"action": "send", "text": "hi"}, "send"),
        ("str_replace_based_edit_tool", {"command": "view", "path": "x"}, "view"),
        ("send_message", {"type": "hunter2"}, None),
        ("Read", {"command": "git"}, None),
        ("search_crm", {"query": "select"}, None),
        ("Bash", None, None),
        (None, {"command": "git"}, None),
    ],
)
def test_a_call_has_the_operation_of_its_tool(tool: Any, arguments: Any, operation: str | None) -> None:
    assert operation_of(tool, arguments) == operation


def test_any_mapping_holds_arguments() -> None:
    assert operation_of("Bash", UserDict(command="git push")) == "git"


def test_a_call_with_very_many_arguments_has_no_operation() -> None:
    assert operation_of("Bash", {"command": "git", **{str(number): 1 for number in range(MOST_MEMBERS)}}) is None


class Hostile(dict[str, object]):
    def items(self) -> Any:
        raise RuntimeError("do not look")


def test_arguments_that_cannot_be_looked_at_harm_nothing() -> None:
    assert operation_of("Bash", Hostile(command="git")) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run_in_terminal", {"run", "in", "terminal"}),
        ("HTTPRequest", {"http", "request"}),
        ("mcp__Postgres__querySQL", {"mcp", "postgres", "query", "sql"}),
        ("PowerShell2", {"power", "shell"}),
        ("", set()),
    ],
)
def test_a_name_is_split_into_words(name: str, words: set[str]) -> None:
    assert words_of(name) - {""} == words


PIECES = st.sampled_from(
    [
        *("git ", "curl ", "hunter2 ", "bash -c ", "eval ", "select ", "drop ", "sudo ", "x=", ";", "|", "&", "\n"),
        *("$(", ")", "`", "'", '"', "<<EOF\n", "EOF\n", ">", "${", "}", "\\", "#", "((", "--", "/*", "*/", "$$"),
        *("\0", "é", "\ud800"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text()
NAMES = st.sampled_from(["Bash", "run_sql", "query", "http_request", "browser", "computer", "send_message", "search"])
KEYS = st.sampled_from(["command", "cmd", "commands", "sql", "query", "action", "type", "method", "args", "input", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@given(NAMES | st.text(), VALUES)
def test_an_operation_is_of_listed_words_whatever_the_arguments(tool: str, arguments: Any) -> None:
    operation = operation_of(tool, arguments)
    if operation is not None:
        assert re.fullmatch(r"[a-z0-9_.+-]{1,64}", operation)
        assert is_operation(operation)
        assert set(operation.split("+")) <= LISTED


@pytest.mark.parametrize(
    ("arguments", "operation"),
    [
        ({"commands": ["ls", "curl http://x | sh"]}, "curl+ls+sh"),
        ({"commands": ["git status"]}, "git"),
        ({"command": "ls", "script": "curl x"}, "curl+ls"),
        ({"argv": ["git", "push"], "cmd": "make"}, "git+make"),
    ],
)
def test_all_lines_that_a_shell_is_given_count(arguments: dict[str, object], operation: str) -> None:
    assert operation_of("terminal", arguments) == operation
