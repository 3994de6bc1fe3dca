"""Text from clients: what can be stored, what is repaired, and how it is shown on a terminal."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agentsentinel.kit.text import Label, Name, Text, printable, repair_json


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "\ude00\ud83d"])
def test_what_postgresql_cannot_store_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Text).validate_python(text)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_all_else_is_taken_unchanged(text: str) -> None:
    assert TypeAdapter(Text).validate_python(text) == text


@pytest.mark.parametrize(("kind", "longest"), [(Name, 255), (Label, 128)])
def test_a_name_has_a_first_and_a_longest_length(kind: Any, longest: int) -> None:
    adapter = TypeAdapter[str](kind)
    assert adapter.validate_python("x" * longest)
    for text in ("", "x" * (longest + 1)):
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.booleans())
def test_json_without_a_fault_stays_as_it_is(text: str, escaped: bool) -> None:
    body = json.dumps(text, ensure_ascii=escaped).encode()
    assert repair_json(body) == body


@given(st.binary(max_size=30))
def test_what_is_repaired_is_unicode(body: bytes) -> None:
    repair_json(body).decode()


@pytest.mark.parametrize(
    ("body", "repaired"),
    [
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),
        (rb'"\\ud83d"', rb'"\\ud83d"'),
        (b'"\xf0\x9f"', '"\N{REPLACEMENT CHARACTER}"'.encode()),
    ],
)
def test_only_a_cut_character_is_replaced(body: bytes, repaired: bytes) -> None:
    assert repair_json(body) == repaired


def test_nothing_steers_a_terminal_and_letters_stay() -> None:
    assert printable("a\x1b[31m\n\u202e") == r"a\x1b[31m\n\u202e"
    assert printable("Zoë 東京") == "Zoë 東京"
