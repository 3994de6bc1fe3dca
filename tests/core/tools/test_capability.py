"""Scopes are compared by their rank, which their spelling does not give."""

from agentsentinel_core.tools.capability import Capability, ToolScope


def test_each_scope_includes_the_one_before_it():
    assert sorted(ToolScope, key=lambda scope: scope.rank) == [ToolScope.READ, ToolScope.WRITE, ToolScope.ADMIN]
    assert sorted(scope.value for scope in ToolScope) != [scope.value for scope in ToolScope]


def test_a_capability_equals_its_word_and_finds_it_in_a_set():
    assert "web-read" in {Capability.WEB_READ}
    assert Capability.WEB_READ in {"web-read"}
