"""Reads a policy from the values of its file, and names every problem with its line.

A rule that silently never matches is worse than none, since people rely on it: what cannot be understood, what can
never match and what can never change a decision are problems, and a policy with problems is not used at all.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.policy.decide import UNKNOWN_TOOL, folded, is_of_kind, names_match
from agentsentinel_core.policy.model import BUILTIN_PREFIX, ArgumentCheck, Effect, Mode, Pattern, Policy, PolicyRule
from agentsentinel_core.policy.node import Node
from agentsentinel_core.tools.capability import Capability

VERSION = 1
MOST_RULES = 1000
LONGEST_PATTERN = 1000
STATUSES = ("TRUSTED", "WATCH", "ALERT", "CRITICAL")
KINDS = ("string", "integer", "number", "boolean", "array", "object", "null")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_STRICTNESS = (Mode.OBSERVE, Mode.SHADOW, Mode.ENFORCE)


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """Why a policy cannot be used."""

    line: int
    message: str


class _Reader:
    """Reads one document, and collects the problems."""

    def __init__(self, compile_pattern: Callable[[str], Pattern]) -> None:
        self.problems: list[PolicyProblem] = []
        self._compile_pattern = compile_pattern

    def complain(self, node: Node, message: str) -> None:
        self.problems.append(PolicyProblem(node.line, message))

    def members(self, node: Node, what: str, allowed: tuple[str, ...]) -> dict[str, Node]:
        """Return the members of a mapping; unknown and doubled ones are problems."""
        if not node.is_mapping:
            self.complain(node, f"{what} must be a mapping, such as `{allowed[0]}: ...`")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value
            if not isinstance(name, str) or name not in allowed:
                self.complain(key, f"{what} has no field {_shown(name)}; its fields are {', '.join(allowed)}")
            elif name in found:
                self.complain(key, f"{name} is there twice")
            else:
                found[name] = value
        return found

    def texts(self, node: Node, what: str, check: Callable[[str], str | None] | None = None) -> tuple[str, ...]:
        """Return one text or a list of them; `check` returns what is wrong with one."""
        items = node.value if node.is_sequence else (node,)
        if not items:
            self.complain(node, f"{what} is empty: it would never match")
        found = []
        for item in items:
            if not isinstance(item.value, str) or not item.value.strip() or item.is_mapping or item.is_sequence:
                self.complain(item, f"{what} must be text, or a list of texts; put {_shown(item.plain)} in quotes")
                continue
            problem = check(item.value) if check is not None else None
            if problem:
                self.complain(item, problem)
            else:
                found.append(item.value)
        return tuple(found)

    def choice(self, node: Node | None, what: str, kind: type[Enum], default: Any) -> Any:
        if node is None:
            return default
        values = [each.value for each in kind]
        if node.is_mapping or node.is_sequence or node.value not in values:
            self.complain(node, f"{what} must be one of {', '.join(values)}, not {_shown(node.plain)}")
            return default
        return kind(node.value)

    def flag(self, node: Node | None, what: str) -> bool | None:
        if node is None:
            return None
        if not isinstance(node.value, bool):
            self.complain(node, f"{what} must be true or false, not {_shown(node.plain)}")
            return None
        return node.value

    # --- rules ----------------------------------------------------------------------------------------------------

    def policy(self, root: Node) -> Policy:
        members = self.members(root, "the policy", ("version", "unknown_tools", "rules"))
        if root.is_mapping and ("version" not in members or members["version"].value is not VERSION):
            self.complain(members.get("version", root), f"`version: {VERSION}` is missing")
        unknown_tools = self.choice(members.get("unknown_tools"), "unknown_tools", Effect, Effect.ALLOW)
        node = members.get("rules")
        rules: list[PolicyRule] = []
        if node is not None and not node.is_sequence:
            self.complain(node, "rules must be a list; begin each rule with `- id: ...`")
        elif node is not None and len(node.value) > MOST_RULES:
            self.complain(node, f"a policy has at most {MOST_RULES} rules")
        elif node is not None:
            rules = [self.rule(item) for item in node.value]
        if root.is_mapping and not rules and unknown_tools is Effect.ALLOW and not self.problems:
            self.complain(root, "the policy has no rules, so it would deny nothing")
        self.doubled_ids(rules)
        if not self.problems:
            self.useless(rules, unknown_tools)
        return Policy(tuple(rules), unknown_tools)

    def rule(self, node: Node) -> PolicyRule:
        members = self.members(node, "a rule", ("id", "effect", "mode", "why", "when"))
        conditions = {}
        when = members.get("when")
        if when is not None:
            conditions = self.conditions(when)
        elif node.is_mapping:
            self.complain(node, "a rule needs `when`; for one that always holds, write `when: {tool: '*'}`")
        effect = self.choice(members.get("effect"), "effect", Effect, Effect.DENY)
        if effect is Effect.ALLOW and "mode" in members:
            self.complain(members["mode"], "a rule that allows has no mode: it holds in all of them")
        return PolicyRule(
            id=self.rule_id(members.get("id"), node),
            effect=effect,
            mode=self.choice(members.get("mode"), "mode", Mode, Mode.SHADOW),
            why=" ".join(self.texts(members["why"], "why")) if "why" in members else "",
            line=node.line,
            **conditions,
        )

    def rule_id(self, node: Node | None, rule: Node) -> str:
        if node is None:
            if rule.is_mapping:
                self.complain(rule, "the rule has no id")
            return ""
        if not isinstance(node.value, str) or not _ID.match(node.value):
            self.complain(node, f"an id has 1 to 64 of a-z, 0-9 and -, not {_shown(node.plain)}")
            return ""
        if node.value.startswith(BUILTIN_PREFIX) or node.value == UNKNOWN_TOOL:
            self.complain(node, f"the id {node.value} is one of AgentSentinel's own; choose another")
        return node.value

    def doubled_ids(self, rules: list[PolicyRule]) -> None:
        seen: dict[str, int] = {}
        for rule in rules:
            if rule.id and rule.id in seen:
                self.problems.append(PolicyProblem(rule.line, f"the id {rule.id} is that of line {seen[rule.id]}, too"))
            seen.setdefault(rule.id, rule.line)

    # --- conditions -----------------------------------------------------------------------------------------------

    def conditions(self, node: Node) -> dict[str, Any]:
        names = (
            *("agent", "server", "tool", "capability", "dangerous", "after", "status", "session_risk_above"),
            "arguments",
        )
        members = self.members(node, "when", names)
        if node.is_mapping and not node.value:
            self.complain(node, "when is empty; for a rule that always holds, write `tool: '*'`")
        found: dict[str, Any] = {}
        for name, field in (("agent", "agents"), ("server", "servers"), ("tool", "tools")):
            if name in members:
                found[field] = self.texts(members[name], name, _name_problem)
        for name, field in (("capability", "capabilities"), ("after", "after")):
            if name in members:
                texts = self.texts(members[name], name, lambda text: _one_of(text, [each.value for each in Capability]))
                found[field] = frozenset(Capability(text) for text in texts)
        if "status" in members:
            found["statuses"] = frozenset(self.texts(members["status"], "status", lambda text: _one_of(text, STATUSES)))
        if "dangerous" in members:
            found["is_dangerous"] = self.flag(members["dangerous"], "dangerous")
        if "session_risk_above" in members:
            found["session_risk_above"] = self.risk(members["session_risk_above"])
        if "arguments" in members:
            found["arguments"] = self.arguments(members["arguments"])
        return found

    def risk(self, node: Node) -> float | None:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float) or not 0 <= node.value < 1:
            self.complain(node, f"session_risk_above is a number from 0 to below 1, not {_shown(node.plain)}")
            return None
        return float(node.value)

    def arguments(self, node: Node) -> tuple[ArgumentCheck, ...]:
        if not node.is_mapping or not node.value:
            self.complain(node, "arguments must map the name of an argument to its conditions")
            return ()
        checks: list[ArgumentCheck] = []
        for key, value in node.value:
            if not isinstance(key.value, str):
                self.complain(key, f"the name of an argument is text; put {_shown(key.plain)} in quotes")
            elif key.value in [check.name for check in checks]:
                self.complain(key, f"{key.value} is there twice")
            else:
                checks.append(self.argument(key.value, value))
        return tuple(checks)

    def argument(self, name: str, node: Node) -> ArgumentCheck:
        fields = ("matches", "not_matches", "type", "equals", "longer_than", "present")
        members = self.members(node, f"the argument {name}", fields)
        if node.is_mapping and not node.value:
            self.complain(node, f"the argument {name} has no condition; `present: true` asks that it is there")
        kind = members.get("type")
        if kind is not None and kind.value not in KINDS:
            self.complain(kind, f"type must be one of {', '.join(KINDS)}, not {_shown(kind.plain)}")
            kind = None
        longer_than = members.get("longer_than")
        if longer_than is not None and (
            isinstance(longer_than.value, bool) or not isinstance(longer_than.value, int) or longer_than.value < 0
        ):
            self.complain(longer_than, f"longer_than is a number from 0, not {_shown(longer_than.plain)}")
            longer_than = None
        equals = members.get("equals")
        check = ArgumentCheck(
            name,
            present=self.flag(members.get("present"), "present"),
            kind=kind.value if kind is not None else None,
            matches=self.pattern(members.get("matches"), "matches"),
            not_matches=self.pattern(members.get("not_matches"), "not_matches"),
            equals=self.values(equals) if equals is not None else (),
            longer_than=longer_than.value if longer_than is not None else None,
        )
        for problem in _contradictions(check):
            self.complain(node, f"the argument {name} can never match: {problem}")
        return check

    def values(self, node: Node) -> tuple[Any, ...]:
        items = node.value if node.is_sequence else (node,)
        if not items:
            self.complain(node, "equals is empty: it would never match")
        if any(item.is_mapping or item.is_sequence for item in items):
            self.complain(node, "equals takes a text, a number, true, false or null, or a list of them")
            return ()
        return tuple(item.value for item in items)

    def pattern(self, node: Node | None, what: str) -> Pattern | None:
        if node is None:
            return None
        if not isinstance(node.value, str) or not node.value or len(node.value) > LONGEST_PATTERN:
            self.complain(node, f"{what} is a regular expression of 1 to {LONGEST_PATTERN} characters, in quotes")
            return None
        try:
            return self._compile_pattern(node.value)
        except ValueError as error:
            self.complain(node, f"{what} is not a regular expression that can be used: {error}")
            return None

    # --- rules that change nothing ----------------------------------------------------------------------------------

    def useless(self, rules: list[PolicyRule], unknown_tools: Effect) -> None:
        """Complain about rules that can never change a decision."""
        for place, rule in enumerate(rules):
            if rule.effect is Effect.ALLOW and unknown_tools is Effect.ALLOW:
                why = "allows what is allowed anyway; `unknown_tools: deny` makes it matter"
            else:
                other = next((earlier for earlier in rules[:place] if _covers(earlier, rule)), None)
                if other is None:
                    continue
                why = f"can never change a decision: {other.id} (line {other.line}) holds whenever it does"
            self.problems.append(PolicyProblem(rule.line, f"the rule {rule.id} {why}"))


def parse(document: Node, compile_pattern: Callable[[str], Pattern]) -> tuple[Policy | None, tuple[PolicyProblem, ...]]:
    """Return the policy, or None and all problems by their line.

    `compile_pattern` compiles regular expressions, and raises ValueError for what is none.
    """
    reader = _Reader(compile_pattern)
    policy = reader.policy(document)
    problems = tuple(sorted(reader.problems, key=lambda problem: problem.line))
    return (None if problems else policy), problems


def _covers(earlier: PolicyRule, later: PolicyRule) -> bool:
    """Whether an earlier rule decides every call that a later one does, at least as strictly."""
    if earlier.effect is not later.effect:
        return False
    if earlier.effect is Effect.DENY and _STRICTNESS.index(earlier.mode) < _STRICTNESS.index(later.mode):
        return False
    return (
        all(
            _names_cover(wide, narrow)
            for wide, narrow in (
                (earlier.agents, later.agents),
                (earlier.servers, later.servers),
                (earlier.tools, later.tools),
            )
        )
        and all(
            not wide or (bool(narrow) and narrow <= wide)
            for wide, narrow in (
                (earlier.capabilities, later.capabilities),
                (earlier.after, later.after),
                (earlier.statuses, later.statuses),
            )
        )
        and earlier.is_dangerous in (None, later.is_dangerous)
        and (
            earlier.session_risk_above is None
            or (later.session_risk_above is not None and later.session_risk_above >= earlier.session_risk_above)
        )
        and set(map(repr, earlier.arguments)) <= set(map(repr, later.arguments))
    )


def _names_cover(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Whether patterns match all that others match, as far as that can be seen."""
    if not wide or any(folded(pattern) == "*" for pattern in wide):
        return True
    forms = {folded(pattern) for pattern in wide}
    return bool(narrow) and all(
        folded(each) in forms or (not set(each) & set("*?[") and names_match(wide, each)) for each in narrow
    )


def _contradictions(check: ArgumentCheck) -> Iterator[str]:
    """Yield why no value can fulfil the conditions on one argument."""
    conditions = (check.kind, check.matches, check.not_matches, check.longer_than)
    if check.present is False and (check.equals or any(condition is not None for condition in conditions)):
        yield "it is to be absent, and to have a value"
    if check.kind in ("integer", "number", "boolean", "null") and check.longer_than is not None:
        yield f"longer_than is for text, arrays and objects, not for {check.kind}"
    if check.kind in ("object", "boolean", "null", "integer", "number") and check.matches is not None:
        yield f"matches is for text and lists of texts, not for {check.kind}"
    for value in check.equals:
        if check.kind is not None and not is_of_kind(value, check.kind):
            yield f"{_shown(value)} is not of type {check.kind}"
        elif isinstance(value, str) and (
            (check.matches is not None and not check.matches.search(value))
            or (check.not_matches is not None and check.not_matches.search(value))
            or (check.longer_than is not None and len(value) <= check.longer_than)
        ):
            yield f"{_shown(value)} is excluded by another condition"


def _name_problem(text: str) -> str | None:
    if len(text) > 255:
        return "a name has at most 255 characters"
    if "[" in text:
        return f"{_shown(text)}: `*` and `?` are the only wildcards; a literal [ is not supported in names"
    return None


def _one_of(text: str, values: "list[str] | tuple[str, ...]") -> str | None:
    return None if text in values else f"{_shown(text)} is not one of {', '.join(values)}"


def _shown(value: Any) -> str:
    return ascii(value)[:80]
