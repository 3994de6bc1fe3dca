"""The light parser reads and writes what the package `json` does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.hook.light_json import line, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@given(values)
def test_it_reads_what_json_writes(value: object) -> None:
    assert parse(f" {json.dumps(value)}\n") == value


@pytest.mark.parametrize("text", ["", " ", "{", "{} x", "[1] [2]", "nul", "\ufeff{}"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expecting|Extra"):
        parse(text)


def test_a_line_is_json_without_what_is_empty() -> None:
    text = line({"a": "x\n\u2028\u4e2d", "b": 1.5, "c": None, "d": "", "e": 0})
    assert text.count("\n") == 1
    assert json.loads(text) == {"a": "x\n\u2028\u4e2d", "b": 1.5, "e": 0}
