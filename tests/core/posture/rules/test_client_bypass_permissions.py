"""CLIENT_BYPASS_PERMISSIONS."""

import pytest

from agentsentinel_core.agents import AgentProfile, ClientPermission, EvidenceKind
from core.posture.samples import found, is_open, without

RULE = "CLIENT_BYPASS_PERMISSIONS"


def setting(name: str, value: str, file: str = "settings.json", scope: str = "user") -> ClientPermission:
    return ClientPermission(name, value, file, scope)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("permissions.defaultMode", "bypassPermissions"),
        ("permissions.allow", "Bash"),
        ("permissions.allow", "Bash(*)"),
        ("permissions.allow", "Bash(:*)"),
        ("permissions.allow", "Shell(**)"),
        ("permissions.allow", "PowerShell"),
        ("permissions.allow", "*"),
        ("enableAllProjectMcpServers", "true"),
        ("allowedTools", "Bash(*)"),
        ("allowedTools", "execute_bash"),
        ("allowedTools", "@builtin"),
        ("tools.allowed", "run_shell_command"),
        ("mcpServers.db.autoApprove", "*"),
        ("mcpServers.a.b.alwaysAllow", "*"),
        ("mcpServers.db.trust", "true"),
        ("sandbox_mode", "danger-full-access"),
        ("profiles.fast.sandbox_mode", "danger-full-access"),
        ("permission", "allow"),
        ("permission.*", "allow"),
        ("permission.bash", "allow"),
        ("permission.bash.*", "allow"),
        ("agent.build.permission.bash", "allow"),
        ("chat.tools.autoApprove", "true"),
        ("chat.tools.global.autoApprove", "true"),
        ("windsurf.cascadeCommandsAllowList", "*"),
        ("agent.always_allow_tool_actions", "true"),
        ("agent.tool_permissions.default", "allow"),
        ("GOOSE_MODE", "auto"),
    ],
)
def test_fires_for_a_setting_that_switches_questions_off(name, value):
    finding = found(RULE, AgentProfile(permissions=(setting(name, value),)))
    assert finding is not None
    assert finding.evidence == (f"permission:{name}:{value}:settings.json",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("permissions.defaultMode", "acceptEdits"),
        ("permissions.defaultMode", "plan"),
        ("permissions.allow", "Bash(npm test:*)"),
        ("permissions.allow", "Bash(git *)"),
        ("permissions.allow", "Read"),
        ("permissions.allow", "mcp__github"),
        ("permissions.deny", "Bash"),
        ("permissions.ask", "Bash"),
        ("enableAllProjectMcpServers", "false"),
        ("enabledMcpjsonServers", "github"),
        ("allowedTools", "fs_read"),
        ("tools.allowed", "run_shell_command(git status)"),
        ("mcpServers.db.autoApprove", "query"),
        ("mcpServers.db.trust", "false"),
        ("sandbox_mode", "workspace-write"),
        ("approval_policy", "never"),  # within its sandbox
        ("permission", "ask"),
        ("permission.edit", "allow"),
        ("permission.bash.git *", "allow"),
        ("chat.tools.autoApprove", "false"),
        ("cascadeCommandsAllowList", "git"),
        ("GOOSE_MODE", "smart_approve"),
        ("GOOSE_MODE", "approve"),
    ],
)
def test_is_quiet_about_what_is_scoped_or_asks(name, value):
    assert found(RULE, AgentProfile(permissions=(setting(name, value),))) is None


@pytest.mark.parametrize(
    ("bypass", "restraint"),
    [
        (setting("permissions.allow", "Bash"), setting("permissions.deny", "Bash")),
        (setting("permissions.allow", "Bash(*)"), setting("permissions.deny", "Bash(*)")),
        (
            setting("permissions.defaultMode", "bypassPermissions"),
            setting("permissions.disableBypassPermissionsMode", "disable", "managed-settings.json", "managed"),
        ),
        (setting("permission.*", "allow"), setting("permission.bash.*", "ask")),
        (setting("permission", "allow"), setting("permission.bash", "deny")),
    ],
)
def test_what_another_setting_takes_back_is_left_alone(bypass, restraint):
    assert found(RULE, AgentProfile(permissions=(bypass, restraint))) is None


def test_a_restraint_of_one_project_takes_nothing_back_elsewhere():
    bypass, restraint = (
        setting("permissions.allow", "Bash"),
        setting("permissions.deny", "Bash", "app/s.json", "project"),
    )
    assert found(RULE, AgentProfile(permissions=(bypass, restraint))) is not None


def test_without_the_clients_files_it_is_not_evaluated():
    assert is_open(RULE, without(AgentProfile(), EvidenceKind.CONFIGURATION))
