"""Recorded calls are decided as live ones are, except for what records do not hold."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.policy.model import Policy
from agentsentinel_core.policy.replay import RecordedCall, Replay, replay
from agentsentinel_core.tools.classify import ToolClass, classify
from core.policy.policies import policy


def called(*tools: str, session: str = "s", agent: str = "a", server: str = "") -> list[RecordedCall]:
    return [RecordedCall(agent, f"agent {agent}", tool, server, session) for tool in tools]


def class_of(call: RecordedCall) -> ToolClass:
    return classify(call.tool)


def over(rules: Policy, *calls: RecordedCall) -> Replay:
    return replay(rules, calls, class_of)


def test_calls_are_counted_by_the_rule_that_decides_and_by_agent() -> None:
    rules = policy(
        {"id": "no-mail", "mode": "enforce", "when": {"tool": "send_email"}},
        {"id": "no-web", "mode": "shadow", "when": {"tool": "fetch_url"}},
        {"id": "see", "mode": "observe", "when": {"tool": "read_file"}},
    )
    calls = called("send_email", "send_email", "fetch_url", "read_file", "list_files") + called("send_email", agent="b")
    found = over(rules, *calls)
    assert (found.calls, found.blocked, found.would_block, found.named) == (
        6,
        {"no-mail": 3},
        {"no-web": 1},
        {"see": 1},
    )
    assert [(agent.name, agent.calls, agent.blocked) for agent in found.agents.values()] == [
        ("agent a", 5, 2),
        ("agent b", 1, 1),
    ]


AFTER_WEB = policy({"id": "r", "mode": "enforce", "when": {"capability": "external-write", "after": "web-read"}})


def test_facts_are_those_of_the_session() -> None:
    assert over(AFTER_WEB, *called("fetch_url", "send_email")).blocked == {"r": 1}
    assert not over(AFTER_WEB, *called("send_email", "fetch_url")).blocked
    assert not over(AFTER_WEB, *called("fetch_url"), *called("send_email", session="other")).blocked
    assert not over(AFTER_WEB, *called("fetch_url"), *called("send_email", agent="b")).blocked


def test_a_call_that_is_blocked_is_no_fact_of_its_session() -> None:
    rules = policy(
        {"id": "no-web", "mode": "enforce", "when": {"tool": "fetch_url"}},
        {"id": "r", "mode": "enforce", "when": {"capability": "external-write", "after": "web-read"}},
    )
    assert over(rules, *called("fetch_url", "send_email")).blocked == {"no-web": 1}


def test_conditions_on_arguments_and_on_the_status_are_not_decidable_and_have_not_passed() -> None:
    rules = policy(
        {"id": "to", "mode": "enforce", "when": {"tool": "send_email", "arguments": {"to": {"present": True}}}},
        {"id": "bad", "mode": "enforce", "when": {"tool": "send_email", "status": "CRITICAL"}},
    )
    found = over(rules, *called("send_email", "send_email", "read_file"))
    assert not found.blocked
    assert found.undecidable == {"to": 2, "bad": 2}
    assert found.unsure == 2


def test_a_call_that_is_blocked_anyway_is_sure() -> None:
    rules = policy(
        {"id": "to", "mode": "enforce", "when": {"tool": "send_email", "arguments": {"to": {"present": True}}}},
        {"id": "all", "mode": "enforce", "when": {"tool": "send_*"}},
    )
    found = over(rules, *called("send_email"))
    assert (found.blocked, found.unsure) == ({"all": 1}, 0)


def test_the_default_denies_what_no_rule_allows() -> None:
    rules = policy({"id": "ok", "effect": "allow", "when": {"tool": "read_*"}}, unknown_tools="deny")
    found = over(rules, *called("read_file", "send_email"))
    assert (found.blocked, found.named) == ({"unknown-tool": 1}, {"ok": 1})


TOOLS = st.sampled_from(["fetch_url", "send_email", "read_file", "run_code", "x"])
CALLS = st.lists(
    st.builds(RecordedCall, st.sampled_from("ab"), st.just("n"), TOOLS, st.just(""), st.sampled_from("st")),
    max_size=30,
)


@given(CALLS)
def test_every_call_is_counted_once(calls: list[RecordedCall]) -> None:
    found = over(AFTER_WEB, *calls)
    assert found.calls == len(calls) == sum(agent.calls for agent in found.agents.values())
    assert found.blocked.total() == sum(agent.blocked for agent in found.agents.values())
