"""The report of a replay, for people and for programs."""

from collections import Counter
from datetime import UTC, datetime

from agentsentinel_cli.policy.records import Records
from agentsentinel_cli.policy.report import plain, text
from agentsentinel_core.policy.replay import RecordedCall, replay
from agentsentinel_core.tools.classify import classify
from core.policy.policies import policy

RULES = policy(
    {"id": "no-mail", "mode": "enforce", "when": {"tool": "send_email"}},
    {"id": "to", "mode": "enforce", "when": {"tool": "fetch_url", "arguments": {"url": {"present": True}}}},
    {"id": "reading", "effect": "allow", "when": {"tool": "read_*"}},
    unknown_tools="deny",
)
AT = datetime(2026, 11, 30, tzinfo=UTC)
CALLS = [
    RecordedCall("1", "desk", "send_email", session="a"),
    RecordedCall("1", "desk", "send_email", session="b"),
    RecordedCall("2", "evil\x1b[2J\nagent", "delete", session="a"),
    RecordedCall("1", "desk", "fetch_url"),
    RecordedCall("1", "desk", "read_file"),
]
FOUND = replay(RULES, CALLS, lambda call: classify(call.tool))
RECORDS = Records(CALLS, AT, AT)


def test_people_see_rules_agents_and_what_cannot_be_decided() -> None:
    assert text(RULES, FOUND, RECORDS, Counter({"call_tool": 3})).splitlines() == [
        "5 calls of 2 agents, 2026-11-30 to 2026-11-30",
        "",
        "rule          mode     blocked  would block  named  not decidable",
        "no-mail       enforce        2            0      0              0",
        "to            enforce        0            0      0              1",
        "reading       allow          0            0      1              0",
        "unknown-tool  enforce        1            0      0              0",
        "",
        "agent              calls  blocked  sessions  by",
        "desk                   4        2         2  no-mail",
        "evil\\x1b[2J agent      1        1         1  unknown-tool",
        "",
        "3 calls would have been blocked.",
        "1 call more is not decidable from records:",
        "rules ask for arguments, or for the status of the agent at that time.",
        "What 3 calls of meta-tools (call_tool) called is not decidable from records.",
    ]


def test_a_cut_list_is_said_and_no_count_pretends_to_be_of_all() -> None:
    lines = text(RULES, FOUND, Records(CALLS, AT, AT, is_cut=True), Counter()).splitlines()
    assert lines[1] == "Only the newest 5 calls were read; give a shorter --since, or --agent NAME."


def test_programs_get_the_same_numbers() -> None:
    found = plain(RULES, FOUND, RECORDS, Counter())
    assert (found["calls"], found["blocked"], found["unsure"], found["is_cut"]) == (5, 3, 1, False)
    assert [(rule["id"], rule["blocked"]) for rule in found["rules"]] == [
        ("no-mail", 2),
        ("to", 0),
        ("reading", 0),
        ("unknown-tool", 1),
    ]
    assert [(agent["id"], agent["blocked"], agent["rules"]) for agent in found["agents"]] == [
        ("1", 2, {"no-mail": 2}),
        ("2", 1, {"unknown-tool": 1}),
    ]
