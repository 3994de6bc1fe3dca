"""A suggested policy allows exactly what was recorded."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.policy.decide import folded
from agentsentinel_core.policy.replay import RecordedCall, replay
from agentsentinel_core.policy.suggest import suggest
from agentsentinel_core.tools.classify import classify
from agentsentinel_shim.policy_file import read_policy

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=12).filter(folded)
CALLS = st.lists(
    st.builds(RecordedCall, st.just("id"), st.just("desk [1]*"), NAMES, st.just("") | NAMES), min_size=1, max_size=12
)


def test_tools_are_grouped_by_server_and_quoted() -> None:
    calls = [
        RecordedCall("id", "desk", "greet"),
        RecordedCall("id", "desk", "read*[file]", "files: 1"),
        RecordedCall("id", "desk", "greet"),
    ]
    assert suggest("desk", calls).splitlines() == [
        "version: 1",
        "unknown_tools: deny",
        "rules:",
        "  - id: own-tools",
        "    effect: allow",
        '    why: "2 calls of 1 tool recorded"',
        "    when:",
        '      agent: "desk"',
        "      tool:",
        '        - "greet"',
        "  - id: server-2",
        "    effect: allow",
        '    why: "1 call of 1 tool recorded"',
        "    when:",
        '      agent: "desk"',
        '      server: "files: 1"',
        "      tool:",
        '        - "read??file]"',
    ]


@given(CALLS)
def test_it_can_be_used_and_blocks_none_of_the_calls_and_every_other_tool(calls: list[RecordedCall]) -> None:
    policy = read_policy(Path("suggested"), suggest("desk [1]*", calls).encode())
    assert not replay(policy, calls, lambda call: classify(call.tool)).blocked
    foreign = RecordedCall("id", "desk [1]*", "never_recorded_before", "files")
    assert replay(policy, [foreign], lambda call: classify(call.tool)).blocked == {"unknown-tool": 1}
    of_another = RecordedCall("id", "desk 1", calls[0].tool, calls[0].server)
    assert replay(policy, [of_another], lambda call: classify(call.tool)).blocked == {"unknown-tool": 1}


def test_without_calls_there_is_nothing_to_suggest() -> None:
    with pytest.raises(ValueError, match="no calls"):
        suggest("desk", [])
