"""Changes as the audit log describes them."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.audit.changes import describe_changes

values = st.none() | st.integers() | st.text(max_size=5)


def test_a_change_names_the_value_before_and_after() -> None:
    before, after = {"name": "old", "limit": None, "kept": 1}, {"name": "new", "limit": 5, "kept": 1}
    assert describe_changes(before, after) == 'name: "old" -> "new"; limit: null -> 5'


def test_a_value_cannot_look_like_another_change() -> None:
    text = describe_changes({"name": "a"}, {"name": 'b"; limit: 1 -> 2'})
    assert text == r'name: "a" -> "b\"; limit: 1 -> 2"'


@given(st.dictionaries(st.sampled_from("abc"), values), st.dictionaries(st.sampled_from("abc"), values))
def test_nothing_is_described_exactly_when_nothing_differs(before: dict[str, object], after: dict[str, object]) -> None:
    differs = any(before.get(name) != value for name, value in after.items())
    assert bool(describe_changes(before, after)) is differs
