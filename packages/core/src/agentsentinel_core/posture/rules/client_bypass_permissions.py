"""CLIENT_BYPASS_PERMISSIONS: a client acts without asking, or may run any command."""

import re
from datetime import datetime
from typing import NamedTuple

from agentsentinel_core.agents import AgentProfile, ClientPermission
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed

_ANY_COMMAND = (
    r"\*|(?:Bash|PowerShell|Shell|run_shell_command|ShellTool|execute_bash|terminal)(?:\((?:\*|:\*|\*:\*|\*\*)?\))?"
)
_BASH_RULES = r"(?:.*\.)?permission\.bash(?:\.\*)?"


class _Bypass(NamedTuple):
    """A setting with a value by which nothing is asked any more."""

    setting: re.Pattern[str]
    value: re.Pattern[str]
    unless: tuple[re.Pattern[str], re.Pattern[str]] | None = None
    """Another setting whose value takes it back."""


def _bypass(setting: str, value: str, unless: tuple[str, str] | None = None) -> _Bypass:
    restraint = None if unless is None else (lazy_compile(unless[0]), lazy_compile(unless[1]))
    return _Bypass(lazy_compile(setting), lazy_compile(value, re.IGNORECASE), restraint)


_NO_BYPASS = (r"permissions\.disableBypassPermissionsMode", "disable")
_NO_SHELL = (r"permissions\.deny", _ANY_COMMAND)
BYPASSES = (
    # Claude Code
    _bypass(r"permissions\.defaultMode", "bypassPermissions", _NO_BYPASS),
    _bypass(r"enableAllProjectMcpServers", "true"),
    # Claude Code, Cursor, Gemini CLI, Amazon Q
    _bypass(r"permissions\.allow", _ANY_COMMAND, _NO_SHELL),
    _bypass(r"(?:tools\.)?allowed(?:Tools)?", _ANY_COMMAND + "|@builtin", _NO_SHELL),
    # MCP servers of Cline, Roo Code, Kiro and Gemini CLI
    _bypass(r"mcpServers\..+\.(?:autoApprove|alwaysAllow)", r"\*"),
    _bypass(r"mcpServers\..+\.trust", "true"),
    # Codex, also in its profiles
    _bypass(r"(?:profiles\..+\.)?sandbox_mode", "danger-full-access"),
    # opencode, also for one of its agents
    _bypass(r"(?:.*\.)?permission(?:\.\*)?", "allow", (_BASH_RULES, "ask|deny")),
    _bypass(_BASH_RULES, "allow"),
    # Visual Studio Code, Windsurf, Zed, Goose
    _bypass(r"chat\.tools\.(?:global\.)?autoApprove", "true"),
    _bypass(r"(?:windsurf\.)?cascadeCommandsAllowList", r"\*"),
    _bypass(r"agent\.always_allow_tool_actions", "true"),
    _bypass(r"agent\.tool_permissions\.default", "allow"),
    _bypass(r"GOOSE_MODE", "auto"),
)


class ClientBypassPermissions(Rule):
    """Settings by which a client no longer asks before it acts, or by which a shell has no scope."""

    id = "CLIENT_BYPASS_PERMISSIONS"
    severity = Severity.HIGH
    title = "Client acts without asking"
    rationale = (
        "The question before a command is what stands between a text that the model has read and the user's machine. "
        "Without it, an instruction hidden in a page, an issue or a dependency is carried out with the user's rights."
    )
    remediation = (
        "Let the client ask, and allow single commands instead: `Bash(npm test:*)` rather than `Bash`, named MCP "
        "servers rather than all that a project brings. Run unattended agents in a container or a sandbox."
    )
    references = ("ASI02", "MCP02", "AML.T0053", "AML.T0105", "CWE-250")
    needs = frozenset({EvidenceKind.CONFIGURATION})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any setting that switches questions off, allows any command, or approves all servers of a project."""
        found = [permission for permission in profile.permissions if is_bypass(permission, profile.permissions)]
        if not found:
            return None
        shown = {f"{each.setting}: {each.value} ({each.file})" for each in found}
        return self.finding(
            f"The client acts without asking: {listed(f'{each.setting}: {each.value}' for each in found)}.",
            [f"permission:{each.setting}:{each.value}:{each.file}" for each in found],
            f"Settings: {listed(shown)}",
        )


def is_bypass(permission: ClientPermission, others: tuple[ClientPermission, ...]) -> bool:
    """Whether a setting switches questions off, and none of the other settings that apply takes it back."""
    for bypass in BYPASSES:
        if bypass.setting.fullmatch(permission.setting) and bypass.value.fullmatch(permission.value):
            return not any(_takes_back(other, permission, bypass) for other in others)
    return False


def _takes_back(other: ClientPermission, permission: ClientPermission, bypass: _Bypass) -> bool:
    if bypass.unless is None or (other.file != permission.file and other.scope not in ("user", "managed")):
        return False
    setting, value = bypass.unless
    return setting.fullmatch(other.setting) is not None and value.fullmatch(other.value) is not None
