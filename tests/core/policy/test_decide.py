"""Decisions of policies: deny wins, and nothing walks around a rule."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.policy.decide import LONGEST_MATCHED, UNKNOWN_TOOL, decide, folded
from agentsentinel_core.policy.model import AgentFacts, Decision, Policy, SessionFacts, ToolCall
from agentsentinel_core.tools.capability import Capability
from agentsentinel_core.tools.classify import classify
from core.policy.policies import policy


def call(tool: str = "write_file", server: str = "files", agent: str = "desk", **arguments: Any) -> ToolCall:
    return ToolCall(agent, tool, classify(tool), server, arguments)


def decided(
    rules: Policy,
    made: ToolCall,
    *,
    after: str = "",
    status: str | None = None,
    risk: float | None = None,
    enforces: bool = True,
) -> Decision:
    session = SessionFacts(frozenset({Capability(after)} if after else ()))
    return decide(rules, made, session, AgentFacts(status, risk), enforces=enforces)


def when(mode: str = "enforce", effect: str = "deny", **conditions: Any) -> dict[str, Any]:
    return {"effect": effect, "when": conditions} | ({} if effect == "allow" else {"mode": mode})


ARGUMENTS = {"path": "/etc/passwd", "n": 3, "force": True, "to": ["a@example.com", "b@evil.test"], "none": None}


def argument(name: str, **conditions: Any) -> dict[str, Any]:
    return when(arguments={name: conditions})


CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    # name, conditions, facts of the call, is denied
    ("a tool by its name", when(tool="write_file"), {}, True),
    ("another tool", when(tool="read_file"), {}, False),
    ("one of several tools", when(tool=["read_file", "write_file"]), {}, True),
    ("a pattern", when(tool="write_*"), {}, True),
    ("a pattern that does not fit", when(tool="*_directory"), {}, False),
    ("a question mark is one character", when(tool="write_fil?"), {}, True),
    ("a question mark is not none", when(tool="write_file?"), {}, False),
    ("letter case does not matter", when(tool="Write_File"), {}, True),
    ("letter case of the call does not matter", when(tool="write_file"), {"tool": "WRITE_FILE"}, True),
    ("full-width letters are the same", when(tool="write_file"), {"tool": "\uff57rite_file"}, True),
    ("the long s is an s", when(tool="send_mail"), {"tool": "\u017fend_mail"}, True),
    ("NUL hides nothing", when(tool="write_file"), {"tool": "write_file\0"}, True),
    ("a zero-width space hides nothing", when(tool="write_file"), {"tool": "write\u200b_file"}, True),
    ("spaces hide nothing", when(tool="write_file"), {"tool": " write_file "}, True),
    ("a server", when(server="files"), {}, True),
    ("another server", when(server="mail"), {}, False),
    ("tool and server both must fit", when(server="mail", tool="write_file"), {}, False),
    ("an agent", when(agent="desk"), {}, True),
    ("a pattern of agents", when(agent="support-*"), {"agent": "support-7"}, True),
    ("another agent", when(agent="support-*"), {}, False),
    ("a capability", when(capability="local-write"), {}, True),
    ("one of several capabilities", when(capability=["secrets", "local-write"]), {}, True),
    ("a capability that the tool has not", when(capability="secrets"), {}, False),
    ("code execution", when(capability="code-execution"), {"tool": "run_shell_command"}, True),
    ("a dangerous tool", when(dangerous=True), {"tool": "delete_database"}, True),
    ("a harmless tool", when(dangerous=True), {"tool": "read_file"}, False),
    ("a harmless tool where those are meant", when(dangerous=False), {"tool": "read_file"}, True),
    ("after web-read", when(capability="external-write", after="web-read"), {"tool": "send_email"}, False),
    ("a status", when(status=["ALERT", "CRITICAL"]), {}, False),
    ("no risk is known", when(session_risk_above=0.5), {}, False),
    ("an argument matches", argument("path", matches="^/etc/"), ARGUMENTS, True),
    ("an argument does not match", argument("path", matches="^/tmp/"), ARGUMENTS, False),
    ("an argument that is not there", argument("other", matches=".*"), ARGUMENTS, False),
    ("a pattern is searched for anywhere", argument("path", matches="passwd"), ARGUMENTS, True),
    ("a number is matched as text", argument("n", matches="^3$"), ARGUMENTS, True),
    ("one text of a list matches", argument("to", matches="evil"), ARGUMENTS, True),
    ("no text of a list matches", argument("to", matches="nobody"), ARGUMENTS, False),
    ("not all texts match", argument("to", not_matches="@example\\.com$"), ARGUMENTS, True),
    ("all texts match", argument("path", not_matches="^/"), ARGUMENTS, False),
    ("a value equals", argument("force", equals=True), ARGUMENTS, True),
    ("true is not 1", argument("force", equals=1), ARGUMENTS, False),
    ("one of several values", argument("n", equals=[1, 3]), ARGUMENTS, True),
    ("another value", argument("n", equals=[1, 2]), ARGUMENTS, False),
    ("null equals null", argument("none", equals=[None]), ARGUMENTS, True),
    ("a string", argument("path", type="string"), ARGUMENTS, True),
    ("an integer is not a string", argument("n", type="string"), ARGUMENTS, False),
    ("an integer is a number", argument("n", type="number"), ARGUMENTS, True),
    ("a boolean is not an integer", argument("force", type="integer"), ARGUMENTS, False),
    ("a list is an array", argument("to", type="array"), ARGUMENTS, True),
    ("null has a type", argument("none", type="null"), ARGUMENTS, True),
    ("an argument is there", argument("path", present=True), ARGUMENTS, True),
    ("an argument is not there", argument("other", present=True), ARGUMENTS, False),
    ("an argument is absent", argument("other", present=False), ARGUMENTS, True),
    ("an argument is not absent", argument("path", present=False), ARGUMENTS, False),
    ("a text is longer", argument("path", longer_than=5), ARGUMENTS, True),
    ("a text is not longer", argument("path", longer_than=11), ARGUMENTS, False),
    ("a list has more items", argument("to", longer_than=1), ARGUMENTS, True),
    ("two conditions on one argument", argument("path", matches="etc", longer_than=50), ARGUMENTS, False),
    ("a nested argument cannot be matched, and is denied", argument("to", matches="x"), {"to": [{"a": 1}]}, True),
    ("a pattern over too much text is denied", argument("to", matches="x"), {"to": "y" * (LONGEST_MATCHED + 1)}, True),
    ("conditions that hold together", when(tool="write_*", server="f*", capability="local-write"), {}, True),
    ("one condition of four that does not hold", when(tool="write_*", server="f*", capability="secrets"), {}, False),
]


@pytest.mark.parametrize(("rule", "facts", "is_denied"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_rule_denies_the_calls_that_fulfil_its_conditions(
    rule: dict[str, Any], facts: dict[str, Any], is_denied: bool
) -> None:
    decision = decided(policy(rule), call(**facts))
    assert decision.is_denied is is_denied
    assert decision.rule == ("r0" if is_denied else None)


def test_facts_of_the_session_and_the_agent_count() -> None:
    mail = call("send_email")
    assert decided(policy(when(capability="external-write", after="web-read")), mail, after="web-read").is_denied
    assert not decided(policy(when(capability="external-write", after="web-read")), mail, after="secrets").is_denied
    assert decided(policy(when(status=["ALERT"])), mail, status="ALERT").is_denied
    assert not decided(policy(when(status=["ALERT"])), mail, status="TRUSTED").is_denied
    assert decided(policy(when(session_risk_above=0.5)), mail, risk=0.6).is_denied
    assert not decided(policy(when(session_risk_above=0.5)), mail, risk=0.5).is_denied


def test_a_policy_that_only_denies_allows_the_rest() -> None:
    rules = policy(when(tool="delete_*"))
    assert not decided(rules, call("read_file")).is_denied
    assert decided(rules, call("delete_file")).is_denied


def test_unknown_tools_are_denied_where_the_policy_says_so_and_allowed_ones_are_not() -> None:
    rules = policy(when(effect="allow", tool="read_*"), unknown_tools="deny")
    assert decided(rules, call("read_file")) == Decision(False, False, "r0", "")
    denied = decided(rules, call("write_file"))
    assert (denied.is_denied, denied.rule) == (True, UNKNOWN_TOOL)
    added = decided(rules, call("anything", server="a server that was added today"))
    assert added.is_denied


def test_an_error_in_a_denying_rule_denies_and_says_so() -> None:
    decision = decided(policy(argument("to", matches="x")), call(to={"nested": True}))
    assert decision.is_denied
    assert "cannot be evaluated" in decision.why


def test_an_error_in_an_allowing_rule_allows_nothing() -> None:
    rules = policy(when(effect="allow", arguments={"to": {"matches": "x"}}), unknown_tools="deny")
    assert decided(rules, call(to={"nested": True})).is_denied


def test_conditions_on_arguments_that_were_not_recorded_are_not_decidable() -> None:
    recorded = ToolCall("desk", "write_file", classify("write_file"), "files", None, is_record=True)
    decision = decided(policy(argument("path", matches="x")), recorded)
    assert (decision.is_denied, decision.undecidable) == (False, ("r0",))
    excluded = decided(policy(when(tool="read_file", arguments={"path": {"matches": "x"}})), recorded)
    assert excluded.undecidable == ()


@pytest.mark.parametrize(
    ("mode", "enforces", "is_denied", "would_block"),
    [
        ("enforce", True, True, False),
        ("enforce", False, False, True),
        ("shadow", True, False, True),
        ("shadow", False, False, True),
        ("observe", True, False, False),
        ("observe", False, False, False),
    ],
)
def test_only_a_rule_that_enforces_denies_and_the_others_are_named(
    mode: str, enforces: bool, is_denied: bool, would_block: bool
) -> None:
    decision = decided(policy(when(mode=mode, tool="write_file")), call(), enforces=enforces)
    assert (decision.is_denied, decision.would_block, decision.rule) == (is_denied, would_block, "r0")


RULES = st.lists(
    st.builds(
        when,
        mode=st.sampled_from(["observe", "shadow", "enforce"]),
        effect=st.just("deny"),
        tool=st.sampled_from(["write_file", "read_file", "*", "write_*"]),
        server=st.sampled_from(["files", "mail"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda rule: (rule["when"]["tool"], rule["when"]["server"]),
)


@given(RULES, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rules_changes_no_decision(rules: list[dict[str, Any]], random: Any, enforces: bool) -> None:
    parsed = [policy(rule).rules[0] for rule in rules]
    first = decided(Policy(tuple(parsed)), call(), enforces=enforces)
    random.shuffle(parsed)
    second = decided(Policy(tuple(parsed)), call(), enforces=enforces)
    assert (first.is_denied, first.would_block) == (second.is_denied, second.would_block)
    assert not (first.is_denied and not enforces)


@given(st.text(max_size=30))
def test_folding_a_name_again_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)
