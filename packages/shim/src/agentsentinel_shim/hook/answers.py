"""What a client is answered by the hook before a call: nothing lets it go on, and a denial has each client's own shape.

Exit code 0 goes with all of them. The sources, read 2026-11-30:

* Claude Code (code.claude.com/docs/en/hooks) and Codex (its schema `pre-tool-use.command.output`): a denial is
  `permissionDecision` within `hookSpecificOutput`, which names the event; the model reads the reason.
* Cursor (cursor.com/docs/agent/hooks): `permission` with a message for the user and one for the model.
* Copilot CLI (its hooks reference at docs.github.com): `permissionDecision` and its reason at the top.

Where nothing can be printed, exit code 2 refuses the call for all four, with the reason on standard error.
"""

from __future__ import annotations

from agentsentinel_shim.hook.light_json import line

FAILED = "builtin-enforcement-error"
"""Rule of a call that is refused since nothing could decide about it."""
_ASK = "Do not try another way to the same end; ask the user, who can have the policy changed"
_LOOK = "`sentinel hook status --client {client}` says what is wrong"
_ADVICE = {
    "builtin-suspended": "Stop here: an administrator can resume the agent in AgentSentinel",
    "builtin-not-granted": "Ask the user; an administrator can grant the tool in AgentSentinel",
    "builtin-rate-limit": "Wait, or ask the user; an administrator can raise the limit in AgentSentinel",
    "builtin-snapshot-stale": _LOOK,
    FAILED: _LOOK,
}


def denial(client: str, rule: str, why: str) -> str:
    """Return the answer that refuses a call. Raises KeyError for an unknown client."""
    return SHAPES[client](reason(client, rule, why))


def reason(client: str, rule: str, why: str) -> str:
    """Return what the model and the user read: the rule, why it denies, and what can be done."""
    advice = _ADVICE.get(rule, _ASK).format(client=client)
    return f"Refused by AgentSentinel, rule {rule}: {why or 'this call is not allowed'}. {advice}."


def _specific(text: str) -> str:
    inner = {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": text}
    return f'{{"hookSpecificOutput":{line(inner).rstrip()}}}\n'


def _messages(text: str) -> str:
    return line({"permission": "deny", "user_message": text, "agent_message": text})


def _flat(text: str) -> str:
    return line({"permissionDecision": "deny", "permissionDecisionReason": text})


SHAPES = {"claude-code": _specific, "codex": _specific, "cursor": _messages, "copilot": _flat}
"""Client -> what makes its denial from a reason."""
