"""The coding agents whose hooks report calls: where their hooks are configured, and in which shape.

Sources, read 2026-11-29: code.claude.com/docs/en/hooks, cursor.com/docs/agent/hooks, developers.openai.com/codex/hooks
and the Copilot CLI hooks reference of docs.github.com. Exit code 0 with nothing on standard output lets each go on; see
`answers.py` for denials.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from agentsentinel_shim.hook.calls import BEFORE, PHASES

TIMEOUT_SECONDS = 10
EVERY_TOOL = ("", "*", ".*")
"""Matchers that leave no tool out; so does no matcher."""


@dataclass(frozen=True)
class HookClient:
    """One coding agent.

    Paths are templates of the table of clients.
    """

    name: str
    title: str
    file: str
    """Its user's file for hooks."""
    events: tuple[str, ...]
    """The events of a tool call, before and after it."""
    has_groups: bool
    """Whether an event lists groups with a matcher, each of which lists hooks."""
    commands: tuple[str, ...] = ("command",)
    """Members of a hook that hold its command."""
    needs_event: bool = False
    """Whether the payload leaves out its event, so that the command has to name it."""
    version: int | None = None
    """Version that a new file begins with."""
    timeout: str = ""
    """Member that bounds a hook's time in seconds; without one, the client's own bound holds."""
    settings: tuple[str, ...] = ()
    """Files of the user and an administrator in which hooks can be switched off, beside `file`."""
    managed: tuple[str, ...] = ()
    """Those of them that only an administrator can write, by platform."""
    beyond: str = ""
    """What this client does without asking its hooks, so that no denial reaches it."""
    quiet_fails: bool = False
    """Whether `failClosed` of an entry reads an answer without text as a failure, which refuses the call."""
    needs_trust: bool = False
    """Whether it runs a hook only once its user has trusted it, which its settings then say."""

    def hook(self, command: str) -> dict[str, Any]:
        """Return an entry of an event."""
        hook: dict[str, Any] = {"type": "command"} if self.has_groups or "bash" in self.commands else {}
        hook |= dict.fromkeys(self.commands, command)
        if self.timeout:
            hook[self.timeout] = TIMEOUT_SECONDS
        return {"hooks": [hook]} if self.has_groups else hook


HOOK_CLIENTS = (
    HookClient(
        "claude-code",
        "Claude Code",
        "{claude}/settings.json",
        ("PreToolUse", "PostToolUse", "PostToolUseFailure"),
        has_groups=True,
        timeout="timeout",
        settings=("{project}/.claude/settings.json", "{project}/.claude/settings.local.json"),
        managed=(
            "{root}/Library/Application Support/ClaudeCode/managed-settings.json",
            "{root}/Library/Application Support/ClaudeCode/managed-settings.d/*.json",
            "{root}/etc/claude-code/managed-settings.json",
            "{root}/etc/claude-code/managed-settings.d/*.json",
            "{PROGRAMFILES}/ClaudeCode/managed-settings.json",
        ),
        beyond="files that a prompt names by @; a hook that does not end in time, without its `onFailure: block`",
    ),
    HookClient(
        "cursor",
        "Cursor",
        "{home}/.cursor/hooks.json",
        ("preToolUse", "postToolUse", "postToolUseFailure"),
        has_groups=False,
        version=1,
        beyond="completions in the editor (Tab); a hook that does not end in time",
        quiet_fails=True,
    ),
    HookClient(
        "codex",
        "Codex",
        "{codex}/hooks.json",
        ("PreToolUse", "PostToolUse"),
        has_groups=True,
        timeout="timeout",
        settings=("{codex}/config.toml", "{project}/.codex/config.toml"),
        managed=("{root}/etc/codex/requirements.toml", "{PROGRAMDATA}/OpenAI/Codex/requirements.toml"),
        beyond="web search and other tools that run at the model's provider; a hook that does not end in time",
        needs_trust=True,
    ),
    HookClient(
        "copilot",
        "GitHub Copilot CLI",
        "{home}/.copilot/hooks/agentsentinel.json",
        ("preToolUse", "postToolUse", "postToolUseFailure"),
        has_groups=False,
        commands=("bash", "powershell"),
        needs_event=True,
        version=1,
        timeout="timeoutSec",
        settings=("{home}/.copilot/config.json", "{home}/.copilot/settings.json"),
        managed=("{root}/etc/github-copilot/policy.d/*.json", "{PROGRAMDATA}/GitHub/Copilot/policy.d/*.json"),
        beyond="a hook that does not end in time; a session of VS Code, which has hooks of its own",
    ),
)
BY_NAME = {client.name: client for client in HOOK_CLIENTS}


def words_of(
    client: HookClient, event: str, sentinel: PurePath, options: Sequence[str], deciding: Sequence[str] = ()
) -> list[str]:
    """Return the command that reports an event; `deciding` are the options of one that also decides."""
    named = ["--event", event] if client.needs_event else []
    return [str(sentinel), "hook", "--client", client.name, *named, *options, *(deciding if decides(event) else ())]


def decides(event: str) -> bool:
    """Whether a call can still be refused at an event."""
    return PHASES[event.lower()][0] == BEFORE


def as_line(words: Sequence[str]) -> str:
    """Return a command as the client's shell reads it."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def is_ours(command: Any, client: HookClient) -> bool:
    """Whether a command is the one that `sentinel hook install` writes."""
    words = own_words(command)
    return len(words) > 3 and PurePath(words[0]).stem == "sentinel" and words[1:4] == ["hook", "--client", client.name]


def own_words(command: Any) -> list[str]:
    """Return the words of a command; none for what cannot be read."""
    if not isinstance(command, str):
        return []
    try:
        if sys.platform == "win32":
            return [word.strip('"') for word in shlex.split(command, posix=False)]
        return shlex.split(command)
    except ValueError:
        return []
