"""Decides about a call by a policy. Deny wins, whatever the order of the rules."""

import unicodedata
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from agentsentinel_core.policy.model import (
    AgentFacts,
    ArgumentCheck,
    Decision,
    Effect,
    Mode,
    Policy,
    PolicyRule,
    SessionFacts,
    ToolCall,
)

LONGEST_MATCHED = 64 * 1024
"""Characters of an argument that a pattern is tried on; a longer one is an error, which denies."""
UNKNOWN_TOOL = "unknown-tool"
"""Name of the default in decisions, where it denies."""
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}
_STRICTNESS = {Mode.OBSERVE: 0, Mode.SHADOW: 1, Mode.ENFORCE: 2}


class CannotDecide(Exception):
    """A condition that cannot be evaluated on this call; the message says why."""


class NotRecorded(Exception):
    """A condition on arguments or facts of a past call that are not kept."""


def decide(policy: Policy, call: ToolCall, session: SessionFacts, agent: AgentFacts, *, enforces: bool) -> Decision:
    """Return the decision; O(rules). Without `enforces`, rules that enforce act as `shadow`.

    A denying rule whose condition cannot be evaluated denies, and its reason says so: a rule that is skipped because
    it fails would be the way around it.
    """
    denials: list[tuple[Mode, str, str]] = []
    undecidable: list[str] = []
    applies = False
    allowing: str | None = None
    names = _Names(folded(call.agent), folded(call.server), folded(call.tool))
    for rule in policy.rules:
        try:
            holds, why = _holds(rule, names, call, session, agent), rule.why
        except NotRecorded:
            if rule.effect is Effect.DENY:
                undecidable.append(rule.id)
            continue
        except CannotDecide as error:
            holds, why = rule.effect is Effect.DENY, f"the rule cannot be evaluated: {error}"
        if not holds:
            continue
        applies = True
        if rule.effect is Effect.DENY:
            denials.append((rule.mode, rule.id, why))
        else:
            allowing = allowing or rule.id
    if not applies and not undecidable and policy.unknown_tools is Effect.DENY:
        denials.append((Mode.ENFORCE, UNKNOWN_TOOL, "no rule of the policy allows this call"))
    if not denials:
        return Decision(False, False, allowing, "", tuple(undecidable))
    mode, rule_id, why = max(denials, key=lambda denial: _STRICTNESS[denial[0]])  # the first of the strictest
    is_denied = enforces and mode is Mode.ENFORCE
    return Decision(is_denied, mode is not Mode.OBSERVE and not is_denied, rule_id, why, tuple(undecidable))


def folded(name: str) -> str:
    """Return the form in which names are compared: what looks the same, or differs in letter case, is the same."""
    visible = name if name.isprintable() else "".join(filter(str.isprintable, name))
    return unicodedata.normalize("NFKC", visible).casefold().strip()


def names_match(patterns: tuple[str, ...], name: str) -> bool:
    """Whether a name fits one of the patterns, in which `*` and `?` stand for any text and any character."""
    return _form_matches(patterns, folded(name))


class _Names(NamedTuple):
    """The folded names of a call."""

    agent: str
    server: str
    tool: str


_folded_pattern = lru_cache(maxsize=8192)(folded)  # of patterns alone: they are short and few


def _form_matches(patterns: tuple[str, ...], form: str) -> bool:
    return any(fnmatchcase(form, _folded_pattern(pattern)) for pattern in patterns)


def _holds(rule: PolicyRule, names: _Names, call: ToolCall, session: SessionFacts, agent: AgentFacts) -> bool:
    """Whether all conditions hold, those on arguments last: a call that another excludes needs none."""
    return (
        (not rule.agents or _form_matches(rule.agents, names.agent))
        and (not rule.servers or _form_matches(rule.servers, names.server))
        and (not rule.tools or _form_matches(rule.tools, names.tool))
        and (not rule.capabilities or not rule.capabilities.isdisjoint(call.tool_class.capabilities))
        and (rule.is_dangerous is None or rule.is_dangerous is call.tool_class.is_dangerous)
        and (not rule.after or not rule.after.isdisjoint(session.capabilities))
        and _agent_fits(rule, agent)
        and all(_argument_holds(check, call) for check in rule.arguments)
    )


def _agent_fits(rule: PolicyRule, agent: AgentFacts) -> bool:
    if agent.is_record and (rule.statuses or rule.session_risk_above is not None):
        raise NotRecorded
    return (not rule.statuses or agent.status in rule.statuses) and (
        rule.session_risk_above is None or (agent.session_risk or 0.0) > rule.session_risk_above
    )


def _argument_holds(check: ArgumentCheck, call: ToolCall) -> bool:
    if call.arguments is None and call.is_record:
        raise NotRecorded
    if call.arguments is None:
        raise CannotDecide("the arguments cannot be read")
    is_present = check.name in call.arguments
    if not is_present:
        return check.present is False
    value = call.arguments[check.name]
    return (
        check.present is not False
        and (check.kind is None or is_of_kind(value, check.kind))
        and (not check.equals or any(_is_equal(value, each) for each in check.equals))
        and (check.longer_than is None or _size(value) > check.longer_than)
        and (check.matches is None or any(check.matches.search(text) for text in _texts(value)))
        and (check.not_matches is None or not all(check.not_matches.search(text) for text in _texts(value)))
    )


def is_of_kind(value: Any, kind: str) -> bool:
    """Whether a value is of a type of JSON, where true is not a number and 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS[kind])


def _is_equal(value: Any, other: Any) -> bool:
    return isinstance(value, bool) is isinstance(other, bool) and bool(value == other)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | dict) else len(str(value))


def _texts(value: Any) -> list[str]:
    """Return the texts of an argument that a pattern is tried on: of a list, each item. Raises CannotDecide."""
    items = value if isinstance(value, list | tuple) else [value]
    texts = []
    for item in items:
        if isinstance(item, dict | list | tuple):
            raise CannotDecide("a pattern is tried on text, and the argument is nested")
        text = item if isinstance(item, str) else "" if item is None else str(item)
        if len(text) > LONGEST_MATCHED:
            raise CannotDecide(f"an argument is longer than {LONGEST_MATCHED} characters")
        texts.append(text)
    return texts
