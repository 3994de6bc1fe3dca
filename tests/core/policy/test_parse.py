"""Policies that cannot be used: each problem is named, and nothing is used by half."""

from typing import Any

import pytest

from agentsentinel_core.policy.model import Effect, Mode
from core.policy.policies import policy, problems_of

RULE: dict[str, Any] = {"id": "a", "when": {"tool": "x"}}


def document(*rules: Any, **members: Any) -> dict[str, Any]:
    return {"version": 1, "rules": list(rules), **members}


def rule(**members: Any) -> dict[str, Any]:
    return {**RULE, **members}


def when(**conditions: Any) -> dict[str, Any]:
    return {"id": "a", "when": conditions}


def argument(**conditions: Any) -> dict[str, Any]:
    return when(arguments={"path": conditions})


WRONG: list[tuple[Any, str]] = [
    ("text", "the policy must be a mapping"),
    ([RULE], "the policy must be a mapping"),
    ({"rules": [RULE]}, "`version: 1` is missing"),
    (document(RULE, version=2), "`version: 1` is missing"),
    (document(RULE, version=True), "`version: 1` is missing"),
    (document(RULE, extra=1), "the policy has no field 'extra'"),
    (document(), "no rules, so it would deny nothing"),
    (document(RULE, unknown_tools="maybe"), "unknown_tools must be one of deny, allow"),
    ({"version": 1, "rules": {"a": 1}}, "rules must be a list"),
    (document("text"), "a rule must be a mapping"),
    (document(rule(mod="enforce")), "a rule has no field 'mod'; its fields are id, effect, mode, why, when"),
    (document(rule(mode="block")), "mode must be one of observe, shadow, enforce, not 'block'"),
    (document(rule(effect="denied")), "effect must be one of deny, allow"),
    (document({"when": {"tool": "x"}}), "the rule has no id"),
    (document(rule(id="A B")), "an id has 1 to 64 of a-z, 0-9 and -"),
    (document(rule(id="builtin-suspended")), "is one of AgentSentinel's own"),
    (document(rule(id="unknown-tool")), "is one of AgentSentinel's own"),
    (document(RULE, rule(when={"tool": "y"})), "the id a is that of line 1, too"),
    (document({"id": "a"}), "a rule needs `when`"),
    (document(rule(when={})), "when is empty"),
    (document(when(tols="x")), "when has no field 'tols'"),
    (document(when(tool=[])), "tool is empty: it would never match"),
    (document(when(tool=["x", 1])), "tool must be text, or a list of texts; put 1 in quotes"),
    (document(when(tool=True)), "tool must be text"),
    (document(when(tool="")), "tool must be text"),
    (document(when(tool="file[12]")), "`*` and `?` are the only wildcards"),
    (document(when(capability="external-wirte")), "'external-wirte' is not one of internal-read"),
    (document(when(after="web")), "'web' is not one of"),
    (document(when(status="alert")), "'alert' is not one of TRUSTED"),
    (document(when(dangerous="yes")), "dangerous must be true or false"),
    (document(when(session_risk_above=1)), "a number from 0 to below 1"),
    (document(when(session_risk_above="high")), "a number from 0 to below 1"),
    (document(when(arguments=["path"])), "arguments must map the name of an argument"),
    (document(when(arguments={})), "arguments must map the name of an argument"),
    (document(when(arguments={1: {"present": True}})), "put 1 in quotes"),
    (document(argument()), "the argument path has no condition"),
    (document(argument(match="x")), "the argument path has no field 'match'"),
    (document(argument(matches="(")), "matches is not a regular expression"),
    (document(argument(matches=1)), "matches is a regular expression of 1 to"),
    (document(argument(type="text")), "type must be one of string"),
    (document(argument(longer_than=-1)), "longer_than is a number from 0"),
    (document(argument(longer_than=True)), "longer_than is a number from 0"),
    (document(argument(equals=[])), "equals is empty"),
    (document(argument(equals=[[1]])), "equals takes a text"),
    (document(argument(type="integer", matches="x")), "can never match: matches is for text"),
    (document(argument(type="string", equals=1)), "can never match: 1 is not of type string"),
    (document(argument(equals="x", matches="y")), "can never match: 'x' is excluded"),
    (document(argument(equals="x", longer_than=3)), "can never match: 'x' is excluded"),
    (document(argument(present=False, equals="x")), "can never match: it is to be absent"),
    (document(rule(effect="allow", mode="enforce")), "a rule that allows has no mode"),
    (document(rule(effect="allow")), "allows what is allowed anyway"),
]


@pytest.mark.parametrize(("value", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_a_problem_is_named(value: Any, message: str) -> None:
    assert any(message in problem for problem in problems_of(value)), problems_of(value)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"tool": "*"}, {"tool": "x"}),
        ({"tool": "write_*"}, {"tool": "write_file"}),
        ({"tool": "x"}, {"tool": "X"}),
        ({"tool": ["x", "y"]}, {"tool": "y", "server": "s"}),
        ({"capability": ["secrets", "admin"]}, {"capability": "admin"}),
        ({"session_risk_above": 0.5}, {"session_risk_above": 0.7}),
        ({"tool": "x"}, {"tool": "x", "arguments": {"p": {"present": True}}}),
    ],
)
def test_a_rule_that_an_earlier_one_covers_is_unreachable(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    rules = document({"id": "a", "mode": "enforce", "when": earlier}, {"id": "b", "when": later})
    assert problems_of(rules) == ["the rule b can never change a decision: a (line 1) holds whenever it does"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"mode": "shadow", "when": {"tool": "*"}}, {"mode": "enforce", "when": {"tool": "x"}}),
        ({"when": {"tool": "x"}}, {"when": {"tool": "*"}}),
        ({"when": {"tool": "x", "server": "s"}}, {"when": {"tool": "x"}}),
        ({"when": {"status": "ALERT"}}, {"when": {"status": ["ALERT", "WATCH"]}}),
        ({"when": {"dangerous": True}}, {"when": {"tool": "x"}}),
        ({"when": {"after": "web-read"}}, {"when": {"capability": "web-read"}}),
    ],
)
def test_a_rule_that_can_change_a_decision_is_no_problem(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    assert problems_of(document({"id": "a", **earlier}, {"id": "b", **later})) == []


def test_all_problems_are_named_at_once() -> None:
    assert len(problems_of(document(when(tols="x"), rule(id="b", mode="x"), rule(id="c", extra=1)))) == 3


def test_a_rule_has_what_its_text_says_and_defaults_for_the_rest() -> None:
    [first, second] = policy(
        {"when": {"tool": ["a", "b"]}},
        {"effect": "allow", "why": "because", "when": {"server": "s"}},
        unknown_tools="deny",
    ).rules
    assert (first.effect, first.mode, first.tools) == (Effect.DENY, Mode.SHADOW, ("a", "b"))
    assert (second.effect, second.servers, second.why) == (Effect.ALLOW, ("s",), "because")
