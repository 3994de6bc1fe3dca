"""The values of a document come with their paths, and never without end."""

from typing import Any

import pytest

from agentsentinel_cli.clients.leaves import has_more, leaves


def test_a_value_has_its_path_and_an_argument_the_one_before_it() -> None:
    data = {"a": {"b": [1, "--key", "x"]}, "c.d": None}
    found = [(leaf.shown, leaf.value, leaf.before) for leaf in leaves(data)]
    assert found == [("a.b[0]", 1, ""), ("a.b[1]", "--key", ""), ("a.b[2]", "x", "--key"), ("c.d", None, "")]


def test_what_a_user_has_typed_is_not_configuration() -> None:
    assert [leaf.value for leaf in leaves({"projects": {"/w": {"history": [{"display": "x"}], "a": 1}}})] == [1]


def test_a_document_with_very_many_values_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_cli.clients.leaves.MOST_LEAVES", 10)
    assert [leaf.value for leaf in leaves(list(range(20)))] == list(range(10))
    assert [has_more(list(range(count))) for count in (10, 11)] == [False, True]


def test_a_deep_document_needs_no_stack() -> None:
    deep: Any = 1
    for _ in range(2000):
        deep = [deep]
    assert [leaf.value for leaf in leaves(deep)] == [1]
