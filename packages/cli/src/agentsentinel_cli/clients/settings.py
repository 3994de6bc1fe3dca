"""Permissions and hooks in the settings of clients."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentsentinel_cli.clients.leaves import dotted, leaves
from agentsentinel_cli.clients.servers import shown_path
from agentsentinel_core.agents import ClientHook, ClientPermission
from agentsentinel_core.masking import masked_text
from agentsentinel_core.tools.words import word_set

_COMMANDS = ("command", "bash", "powershell")
"""Members of a hook that hold a command, by client."""
_ROOTS = word_set(
    """
    permissions permission tools allowed allowedTools disallowedTools sandbox_mode approval_policy sandbox
    trust_level enableAllProjectMcpServers enabledMcpjsonServers disabledMcpjsonServers disableAllHooks
    allowManagedHooksOnly GOOSE_MODE security
    """
)
"""First keys of settings that allow or forbid something."""
_ENDS = frozenset({"autoApprove", "alwaysAllow", "trust", "sandbox_mode", "approval_policy"})
"""Last keys of such settings, for one MCP server or one profile."""
_DOTTED = ("chat.tools.", "agent.always_allow", "agent.tool_permissions", "windsurf.cascade", "cascadeCommands")
"""How such settings begin in editors, whose settings have long names."""
_PER_PROJECT = "projects"
_SWITCHED_OFF = ("disabledMcpjsonServers", "disabledMcpServers")


def permissions_in(data: Any, file: str, scope: str) -> Iterator[ClientPermission]:
    """Yield what a document allows and forbids, one for each value."""
    for leaf in leaves(data):
        path = tuple(key for key in leaf.path if isinstance(key, str))
        is_for_project = len(path) > 2 and path[0] == _PER_PROJECT
        path = path[2:] if is_for_project else path
        if path and _allows(path):
            yield ClientPermission(
                dotted(path), masked_text(_text(leaf.value)), file, "local" if is_for_project else scope
            )


def _allows(path: tuple[str, ...]) -> bool:
    return (
        path[0] in _ROOTS
        or path[-1] in _ENDS
        or (path[0] == "agent" and "permission" in path)
        or dotted(path).startswith(_DOTTED)
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def switched_off_in(data: Any, owner: str, home: Path) -> Iterator[tuple[str, str]]:
    """Yield the servers of projects' files that a document of Claude Code switches off: project and name.

    Args:
        data: the document.
        owner: the project it belongs to; empty for all projects.
        home: the user's home.
    """
    for leaf in leaves(data):
        keys = [key for key in leaf.path if isinstance(key, str)]
        if not keys or keys[-1] not in _SWITCHED_OFF or not isinstance(leaf.value, str):
            continue
        is_for_project = len(keys) == 3 and keys[0] == _PER_PROJECT
        yield (shown_path(Path(keys[1]), home) if is_for_project else owner), leaf.value


def hooks_in(data: Any, file: str, scope: str) -> list[ClientHook]:
    """Return the commands that a document has run at events."""
    events = data.get("hooks") if isinstance(data, dict) else None
    if not isinstance(events, dict):
        return []
    return [
        ClientHook(str(event), leaf.value, file, scope)
        for event, entries in events.items()
        for leaf in leaves(entries)
        if leaf.path and leaf.path[-1] in _COMMANDS and isinstance(leaf.value, str)
    ]
