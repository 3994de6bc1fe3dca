"""JSON with comments and trailing commas: the same values as a strict reader's, each with its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.json_document import JsonDocument

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_it_reads_what_a_strict_reader_reads(value: Any, indent: str | int | None, is_ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    assert JsonDocument(text).value == value


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_a_place_holds_its_value(value: dict[str, Any]) -> None:
    document = JsonDocument(f" {json.dumps(value)}\n")
    for name, member in value.items():
        start, end = document.span((name,))
        assert json.loads(document.text[start:end]) == member


def test_comments_and_commas_after_the_last_item_are_read() -> None:
    text = '// a\n{ "b" /* : */ : [ 1, // "c"\n 2, ], /**/ "d": "// no /* comment", }\n// end'
    assert JsonDocument(text).value == {"b": [1, 2], "d": "// no /* comment"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1, column 1: expected a value"),
        ("{", "line 1, column 2: expected a name in double quotes"),
        ("{'a': 1}", "line 1, column 2: expected a name in double quotes"),
        ('{\n  "a" 1}', "line 2, column 7: expected ':'"),
        ("[1 2]", "line 1, column 4: expected ','"),
        ("[,]", "line 1, column 2: expected a value"),
        ("{} x", "line 1, column 4: expected the end of the file"),
        ('"a\nb"', "line 1"),
        ('"a', "line 1, column 1"),
        ("[01]", "line 1, column 3: expected ','"),
        ("/* {}", "line 1, column 1: expected a value"),
        ("[" * 1000, "nested too deeply"),
    ],
)
def test_what_is_broken_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(Broken, match=sentence):
        JsonDocument(text)


@given(st.text(st.characters()))
def test_a_quoted_string_is_read_back(word: str) -> None:
    document = JsonDocument("{}")
    document.quote(word).encode()
    assert json.loads(document.quote(word)) == word
