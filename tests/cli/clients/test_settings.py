"""Permissions and hooks are read from the settings of each client, and from nothing else."""

import pytest

from agentsentinel_cli.clients.settings import hooks_in, permissions_in
from agentsentinel_core.agents import ClientHook


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"permissions": {"allow": ["Bash", "Read"]}}, [("permissions.allow", "Bash"), ("permissions.allow", "Read")]),
        ({"enableAllProjectMcpServers": True}, [("enableAllProjectMcpServers", "true")]),
        ({"permission": {"bash": {"git *": "allow"}}}, [("permission.bash.git *", "allow")]),
        ({"profiles": {"fast": {"sandbox_mode": "x"}}}, [("profiles.fast.sandbox_mode", "x")]),
        ({"mcpServers": {"a": {"trust": True, "command": "a"}}}, [("mcpServers.a.trust", "true")]),
        ({"chat.tools.autoApprove": True, "editor.tabSize": 2}, [("chat.tools.autoApprove", "true")]),
        ({"agent": {"build": {"permission": {"edit": "ask"}}}}, [("agent.build.permission.edit", "ask")]),
        ({"theme": "dark", "model": "m"}, []),
        ([], []),
        (None, []),
    ],
)
def test_what_a_client_may_do_is_read(data: object, expected: list[tuple[str, str]]) -> None:
    assert [(each.setting, each.value) for each in permissions_in(data, "f", "user")] == expected


def test_a_rule_that_allows_a_command_shows_no_secret() -> None:
    (found,) = permissions_in({"permissions": {"allow": ["Bash(deploy --token hunter2)"]}}, "f", "user")
    assert found.value == "Bash(deploy --token …)"


def test_a_setting_for_one_project_is_the_users_own() -> None:
    (found,) = permissions_in({"projects": {"/w": {"allowedTools": ["Bash"]}}}, "f", "user")
    assert (found.setting, found.scope) == ("allowedTools", "local")


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [
        ({"Stop": [{"matcher": "*", "hooks": [{"type": "command", "command": "a"}]}]}, [("Stop", "a")]),
        ({"stop": [{"command": "a"}, {"command": "b"}]}, [("stop", "a"), ("stop", "b")]),
        (
            {"preToolUse": [{"type": "command", "bash": "a", "powershell": "b"}]},
            [("preToolUse", "a"), ("preToolUse", "b")],
        ),
        ({"Stop": [{"hooks": [{"type": "http", "url": "https://x.example"}]}]}, []),
        ({"Stop": [{"hooks": [{"command": ["a"]}]}]}, []),
        ({"Stop": "a"}, []),
        (["a"], []),
    ],
)
def test_the_commands_of_hooks_are_read(hooks: object, expected: list[tuple[str, str]]) -> None:
    assert [(hook.event, hook.command) for hook in hooks_in({"hooks": hooks}, "f", "user")] == expected


def test_a_hook_has_its_file_and_scope() -> None:
    data = {"hooks": {"Stop": [{"command": "a"}]}}
    assert hooks_in(data, "~/x.json", "project") == [ClientHook("Stop", "a", "~/x.json", "project")]
