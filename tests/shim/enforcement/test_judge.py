"""Verdicts: the built-in rules, the policy and calls within calls. Deny wins."""

import json
from typing import Any

import pytest

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_core.policy.model import Policy
from agentsentinel_shim.enforcement.judge import (
    GRANT_SECONDS,
    HOUR_SECONDS,
    MANIFEST_CHANGED,
    MOST_KEPT,
    NOT_GRANTED,
    RATE_LIMIT,
    STALE,
    SUSPENDED,
    Judge,
    Knowledge,
)
from agentsentinel_shim.enforcement.snapshot import Grant, PinnedManifest, Snapshot
from agentsentinel_shim.enforcement.verdict import ALLOWED, Verdict
from agentsentinel_shim.lists import Listed
from agentsentinel_shim.offered import Offered
from core.policy.policies import policy

NOW = 1_800_000_000.0


def judge_of(
    rules: Policy | None = None,
    *grants: Grant,
    enforces: bool = True,
    is_fresh: bool = True,
    has_snapshot: bool = True,
    may_grant: bool = False,
    **facts: Any,
) -> Judge:
    snapshot = Snapshot("1", "desk", grants=grants, **facts) if has_snapshot else None
    return Judge(lambda: rules, lambda: Knowledge(snapshot, is_fresh), enforces=enforces, may_grant=lambda: may_grant)


def verdict(judge: Judge, tool: str = "greet", at: float = NOW, session: str = "s", **arguments: Any) -> Verdict:
    return judge.judge("files", tool, arguments, session, at)


def deny(**when: Any) -> Policy:
    return policy({"mode": "enforce", "why": "because", "when": when})


def test_a_call_that_nothing_objects_to_is_allowed() -> None:
    assert verdict(judge_of()) == ALLOWED
    assert verdict(judge_of(deny(tool="other"), Grant("greet"))) == ALLOWED


@pytest.mark.parametrize(
    ("judge", "rule"),
    [
        (judge_of(is_suspended=True), SUSPENDED),
        (judge_of(None, Grant("other")), NOT_GRANTED),
        (judge_of(None, Grant("greet", server_name="mail")), NOT_GRANTED),
        (judge_of(None, Grant("other"), Grant("greet", is_authoritative=False)), NOT_GRANTED),
        (judge_of(None, Grant("greet", rate_limit_per_hour=0)), RATE_LIMIT),
        (judge_of(is_fresh=False), STALE),
        (judge_of(has_snapshot=False), STALE),
        (judge_of(deny(tool="greet")), "r0"),
    ],
)
def test_each_rule_denies_with_its_name_and_a_reason(judge: Judge, rule: str) -> None:
    denied = verdict(judge)
    assert (denied.decision, denied.rule, denied.would_block) == ("deny", rule, False)
    assert denied.why


@pytest.mark.parametrize(
    "judge",
    [
        judge_of(is_suspended=True, enforces=False),
        judge_of(None, Grant("other"), enforces=False),
        judge_of(deny(tool="greet"), enforces=False),
    ],
)
def test_nothing_is_denied_where_nothing_is_enforced_and_the_event_says_what_would_be(judge: Judge) -> None:
    allowed = verdict(judge)
    assert (allowed.decision, allowed.would_block) == ("allow", True)
    assert allowed.rule


def test_a_snapshot_that_is_too_old_objects_to_nothing_that_is_not_enforced() -> None:
    assert verdict(judge_of(enforces=False, is_fresh=False)) == ALLOWED


def test_an_agent_without_stated_grants_may_call_every_tool() -> None:
    assert verdict(judge_of(None, Grant("other", is_authoritative=False))) == ALLOWED


def test_a_tool_that_was_just_listed_is_granted_when_listing_grants() -> None:
    listed = [{"name": "greet", "inputSchema": {}}]
    for may_grant, rule in ((True, None), (False, NOT_GRANTED)):
        judge = judge_of(None, Grant("other"), may_grant=may_grant)
        judge.listed(listed, NOW - 1)
        assert verdict(judge).rule == rule


def test_a_grant_that_was_there_ends_what_a_list_makes_up_for() -> None:
    judge = judge_of(None, Grant("other"), may_grant=True)
    judge.listed([{"name": "greet"}], NOW - 1)
    judge.granted(Snapshot("0", grants=(Grant("greet", is_authoritative=False),)))
    assert verdict(judge) == ALLOWED
    judge.granted(Snapshot("1", grants=(Grant("greet"), Grant("other"))))
    judge.listed([{"name": "greet"}], NOW)
    assert verdict(judge).rule == NOT_GRANTED


def test_a_grant_that_was_taken_back_is_not_made_good_by_an_earlier_list() -> None:
    judge = judge_of(None, Grant("other"), may_grant=True)
    judge.listed([{"name": "greet"}], NOW - GRANT_SECONDS)
    judge.listed([{"name": "greet"}], NOW)
    assert verdict(judge).rule == NOT_GRANTED


def test_a_rate_limit_allows_as_many_calls_in_each_hour() -> None:
    judge = judge_of(None, Grant("greet", rate_limit_per_hour=2))
    assert [verdict(judge, at=NOW + second).decision for second in range(4)] == ["allow", "allow", "deny", "deny"]
    assert verdict(judge, at=NOW + HOUR_SECONDS).decision == "allow"
    assert verdict(judge, at=NOW + HOUR_SECONDS + 0.5).decision == "deny"


def test_a_call_within_a_call_is_judged() -> None:
    judge = judge_of(deny(tool="delete_file"))
    denied = verdict(judge, "call_tool", name="delete_file", arguments={})
    assert (denied.decision, denied.rule) == ("deny", "r0")
    assert "within the call of another tool" in denied.why


def test_arguments_within_a_call_that_cannot_be_read_are_denied_where_a_rule_needs_them() -> None:
    judge = judge_of(deny(tool="read_file", arguments={"path": {"matches": "etc"}}))
    denied = verdict(judge, "call_tool", name="read_file", arguments="{path: /etc}")
    assert (denied.decision, denied.rule) == ("deny", "r0")


def test_a_rule_that_does_not_enforce_denies_no_arguments_that_cannot_be_read() -> None:
    when = {"tool": "read_file", "arguments": {"path": {"matches": "etc"}}}
    shadowed = verdict(judge_of(policy({"mode": "shadow", "when": when})), "call_tool", name="read_file", args="{")
    assert (shadowed.decision, shadowed.would_block) == ("allow", True)
    both = policy({"mode": "shadow", "when": {"tool": "*"}}, {"mode": "enforce", "when": when})
    assert verdict(judge_of(both), "call_tool", name="read_file", args="{").decision == "deny"


def test_a_session_remembers_what_its_calls_can_do_and_no_other_session_does() -> None:
    judge = judge_of(deny(capability="external-write", after="web-read"))
    assert verdict(judge, "send_email", session="a").decision == "allow"
    assert verdict(judge, "fetch_url", session="a").decision == "allow"
    assert verdict(judge, "send_email", session="a").decision == "deny"
    assert verdict(judge, "send_email", session="b").decision == "allow"


def test_a_denied_call_teaches_its_session_nothing() -> None:
    judge = judge_of(
        policy(
            {"mode": "enforce", "when": {"tool": "fetch_url"}},
            {"mode": "enforce", "when": {"capability": "external-write", "after": "web-read"}},
        )
    )
    assert verdict(judge, "fetch_url").decision == "deny"
    assert verdict(judge, "send_email").decision == "allow"


def test_a_reading_within_a_call_counts_for_its_session() -> None:
    judge = judge_of(deny(capability="external-write", after="web-read"))
    assert verdict(judge, "call_tool", name="fetch_url").decision == "allow"
    assert verdict(judge, "send_email").decision == "deny"


def test_a_deny_stays_a_deny_however_often_it_is_asked() -> None:
    judge = judge_of(deny(tool="greet"))
    assert {verdict(judge, at=NOW + second).decision for second in range(1000)} == {"deny"}


def judge_of_changed_greet(*, enforces: bool = True, is_fresh: bool = True) -> Judge:
    """Return a judge for whom `greet` was pinned with another definition than the server lists."""
    pins = PinnedManifest("files", pinned={"tool": {"greet": frozenset({"of another"})}})
    offered = Offered()
    offered.take(Listed(ItemKind.TOOL, ({"name": "greet"},), ({"name": "greet"},)))
    judge = judge_of(enforces=enforces, is_fresh=is_fresh, manifests=(pins,))
    judge.watch(offered)
    return judge


def test_a_tool_whose_definition_was_not_approved_is_refused_alone_or_within_another() -> None:
    judge = judge_of_changed_greet()
    assert verdict(judge).rule == MANIFEST_CHANGED
    assert verdict(judge).decision == "deny"
    assert verdict(judge, "call_tool", name="greet", arguments={}).rule == MANIFEST_CHANGED
    assert verdict(judge, "other") == ALLOWED


def test_without_enforcing_a_change_is_only_said() -> None:
    found = verdict(judge_of_changed_greet(enforces=False))
    assert (found.decision, found.would_block, found.rule) == ("allow", True, MANIFEST_CHANGED)


def test_pins_that_are_too_old_are_not_the_reason() -> None:
    assert verdict(judge_of_changed_greet(is_fresh=False)).rule == STALE


def test_a_list_that_was_not_compared_in_time_denies() -> None:
    found = judge_of().judge("files", "greet", {}, "s", NOW, is_current=False)
    assert (found.decision, found.rule) == ("deny", MANIFEST_CHANGED)


def test_what_was_allowed_outlives_the_process_as_plain_data() -> None:
    rules, grant = deny(tool="send_email", after="web-read"), Grant("fetch_url", rate_limit_per_hour=1)
    first, second = judge_of(rules, grant, Grant("send_email")), judge_of(rules, grant, Grant("send_email"))
    verdict(first, "fetch_url")
    second.restore(json.loads(json.dumps(first.state)))
    assert verdict(second, "send_email").rule == "r0"
    assert verdict(second, "fetch_url", NOW + 60).rule == RATE_LIMIT
    assert verdict(second, "send_email", session="another").decision == "allow"
    assert second.state["sessions"][0] == first.state["sessions"][0]


def test_the_state_holds_the_newest_sessions_up_to_a_bound() -> None:
    judge = judge_of()
    for number in range(MOST_KEPT + 10):
        verdict(judge, session=str(number))
    names = [name for name, _ in judge.state["sessions"]]
    assert (len(names), names[-1]) == (MOST_KEPT, str(MOST_KEPT + 9))


@pytest.mark.parametrize(
    "state", [{}, {"sessions": [["s"]], "calls": []}, {"sessions": [["s", ["flying"]]], "calls": []}]
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(state: dict[str, Any]) -> None:
    judge = judge_of()
    verdict(judge)
    before = judge.state
    with pytest.raises((ValueError, KeyError)):
        judge.restore(state)
    assert judge.state == before


def test_a_limit_of_many_calls_takes_no_more_room_than_the_seconds_of_its_hour() -> None:
    judge = judge_of(None, Grant("greet", rate_limit_per_hour=500))
    for number in range(500):
        verdict(judge, at=NOW + number / 100)
    ((_, _, seconds),) = judge.state["calls"]
    assert len(seconds) == 6
    again = judge_of(None, Grant("greet", rate_limit_per_hour=500))
    again.restore(judge.state)
    assert verdict(again, at=NOW + 10).rule == RATE_LIMIT
