"""HOOK_INJECTION: a hook comes with a repository, or puts a tool's input into a shell."""

import re
from datetime import datetime

from agentsentinel_core.agents import AgentProfile, ClientHook
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.masking import masked_line
from agentsentinel_core.posture.rule import EvidenceKind, Rule

_SHOWN = 80
_LONGEST = 20_000
"""Characters of a command that are looked at."""

_TEMPLATE = lazy_compile(
    r"\{\{\s*(?:[\w.]*\.)?(?:tool_?)?(?:input|args?|arguments|file_?path|file|command|prompt|query)[\w.]*\s*\}\}"
    r"|(?<!\$)\{tool_?(?:input|args)[\w.]*\}"
    r"|\$\{(?:tool_?)?(?:input|args?|arguments)\.[\w.]+\}",
    re.IGNORECASE,
)
"""A place that the client fills in before a shell reads the line; `${TOOL_INPUT}` is filled in by the shell itself."""
_READS_INPUT = lazy_compile(
    r"tool_?(?:input|response|args|result)|\bjq\b|\$\(\s*cat\s*\)|`\s*cat\s*`|/dev/stdin|CLAUDE_(?:TOOL|FILE)_\w+"
    r"|\bread\b|sys\.stdin",
    re.IGNORECASE,
)
_SOURCE = r"(?:\$\(\s*(?:jq|cat|grep|sed|awk|cut|python3?|node|echo|printf)\b|`\s*(?:jq|cat)\b|\$\{?[A-Za-z_]\w*)"
_PARSED_AGAIN = lazy_compile(
    rf"\beval\s+[\"']?{_SOURCE}"
    rf"|\b(?:ba|z|da|k)?sh\s+-\w*c\s+(?:\"[^\"]*{_SOURCE}|{_SOURCE})"
    r"|\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b(?!\s+-\w*c)(?:\s+-s)?\s*(?:$|[;&|)])"
    r"|\bxargs\b[^|;&]*\b(?:ba|z|da|k)?sh\s+-\w*c"
)
"""Ways to let a shell parse a text as code once more."""


class HookInjection(Rule):
    """A hook that a repository brings, or one that lets a shell parse what the model has written."""

    id = "HOOK_INJECTION"
    severity = Severity.HIGH
    title = "Hook runs code that others can write"
    rationale = (
        "A hook runs with the user's rights and without a question. One that comes with a repository was written by "
        "anyone who can push to it; one that puts a tool's input into a shell runs what the model, or a page it has "
        "read, writes there."
    )
    remediation = (
        "Move hooks of a repository to the user's own settings after reading them. Read the tool's input from standard "
        "input inside a script, and pass it on as a quoted argument, never as part of a command."
    )
    references = ("ASI05", "MCP05", "AML.T0050", "AML.T0081", "CWE-78")
    needs = frozenset({EvidenceKind.CONFIGURATION})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any hook of a project's own files, and any hook that puts tool input into a shell."""
        found = [(hook, reason) for hook in profile.hooks if (reason := _reason(hook))]
        if not found:
            return None
        return self.finding(
            f"{len(found)} {'hooks run' if len(found) > 1 else 'hook runs'} code that others can write.",
            [f"hook:{hook.event}:{hook.file}" for hook, _ in found],
            " | ".join(sorted({f"{hook.event} in {hook.file} {reason}: {_shown(hook)}" for hook, reason in found})[:5]),
        )


def _reason(hook: ClientHook) -> str:
    """Return what is wrong with a hook; "" for nothing."""
    if puts_input_into_shell(hook.command):
        return "puts tool input into a shell"
    return "comes with the repository" if hook.scope == "project" else ""


def puts_input_into_shell(command: str) -> bool:
    """Whether a command lets a shell parse what the model wrote as code."""
    command = command[:_LONGEST]
    if _TEMPLATE.search(command) is not None:
        return True
    return _READS_INPUT.search(command) is not None and _PARSED_AGAIN.search(command) is not None


def _shown(hook: ClientHook) -> str:
    line = masked_line(hook.command)
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
