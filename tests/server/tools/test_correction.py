"""Classes that grants keep."""

from agentsentinel.tools.correction import known_class
from agentsentinel_core.tools.capability import Capability, ToolScope

KEPT = {
    "scope": "write",
    "is_dangerous": True,
    "capabilities": ["external-write"],
    "reason": "It posts to the status page",
    "by": "ops",
    "at": "2026-12-01T10:00:00+00:00",
}


def test_a_kept_correction_is_the_class_of_the_tool_with_who_says_so_and_why() -> None:
    found = known_class("read_status", KEPT)
    assert found is not None
    assert (found.scope, found.is_dangerous, found.capabilities) == (
        ToolScope.WRITE,
        True,
        frozenset({Capability.EXTERNAL_WRITE}),
    )
    assert found.reasons == ("corrected by ops: It posts to the status page",)


def test_without_a_correction_a_tool_has_the_class_of_its_name() -> None:
    assert known_class("read_status", None) is None
