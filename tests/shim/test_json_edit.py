"""One value of a message is replaced, and every other byte stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.json_edit import elements, member_text, replace_member

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "path", "result"),
    [
        ('{"id":1}', ["id"], '{"id":9}'),
        (' { "a" : {"id":2} , "id" :\t[1, {"x":"}"}] } ', ["id"], ' { "a" : {"id":2} , "id" :\t9 } '),
        ('{"id":1,"id":"two"}', ["id"], '{"id":9,"id":9}'),
        ('{"\\u0069d":1}', ["id"], '{"\\u0069d":9}'),
        (
            '{"params":{"_meta":{"progressToken":"t","x":1.50}}}',
            ["params", "_meta", "progressToken"],
            '{"params":{"_meta":{"progressToken":9,"x":1.50}}}',
        ),
        ('{"params":[1]}', ["params", "_meta"], '{"params":[1]}'),
        ("[1]", ["id"], "[1]"),
        ("{}", ["id"], "{}"),
    ],
)
def test_the_value_at_a_path_is_replaced_wherever_the_member_is_doubled(
    text: str, path: list[str], result: str
) -> None:
    assert replace_member(text, path, "9") == result
    assert (member_text(text, path) is None) == (text == result)


@pytest.mark.parametrize("text", ['{"id"', '{"id":', '{"id":1', '{"id" 1}', '{"id":1 "a":2}', '{"id":1,]'])
def test_what_is_not_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace_member(text, ["id"], "9")


@given(st.dictionaries(st.text(max_size=3) | st.just("id"), values, max_size=5), values, st.sampled_from([None, 2]))
def test_nothing_but_the_value_changes(message: dict[str, object], value: object, indent: int | None) -> None:
    text = json.dumps(message, indent=indent)
    replaced = replace_member(text, ["id"], json.dumps(value))
    expected = {**message, "id": value} if "id" in message else message
    assert json.loads(replaced) == expected
    known = member_text(text, ["id"])
    assert known is None or replace_member(replaced, ["id"], known) == text


@given(st.lists(values, max_size=4), st.sampled_from([None, 2]))
def test_elements_are_the_texts_of_an_array(items: list[object], indent: int | None) -> None:
    assert [json.loads(text) for text in elements(json.dumps(items, indent=indent))] == items


def test_a_value_that_is_not_an_array_is_its_only_element() -> None:
    assert elements('{"a":[1]}') == ['{"a":[1]}']
