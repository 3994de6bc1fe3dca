"""Walks over schemas of strangers."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.manifest.schema import MOST_NODES, nodes_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "items", "anyOf", "$defs", "not", "a", "type"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


def test_the_path_leads_through_properties_only():
    schema = {"properties": {"a": {"properties": {"b": {}}}, "c": {"items": {}}}, "anyOf": [{"properties": {"d": {}}}]}
    assert [node.path for node in nodes_of(schema)] == [(), ("a",), ("a", "b"), ("c",), None, None, None]


def test_data_in_a_schema_is_not_a_schema():
    assert len(list(nodes_of({"default": {"properties": {"a": {}}}, "enum": [{"items": {}}], "const": {}}))) == 1


def test_a_reference_is_not_followed():
    assert len(list(nodes_of({"$ref": "#", "$defs": {"a": {"$ref": "#"}}}))) == 2


def test_depth_and_number_are_bounded():
    deep: dict[str, object] = {}
    for _ in range(MOST_NODES * 2):
        deep = {"items": deep}
    assert len(list(nodes_of(deep))) == MOST_NODES


@given(JSON)
def test_any_json_can_be_walked(value):
    nodes = list(nodes_of(value))
    assert bool(nodes) == isinstance(value, dict)
    assert all(isinstance(node.schema, dict) for node in nodes)
