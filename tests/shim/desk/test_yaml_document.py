"""YAML: places of values, however they are written."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.yaml_document import YamlDocument

TEXT = """# é 😀
a: 'x'  # y
list:
- "z"   # first
- [1, 2]

inline: {w: plain text, v: 1}
"""


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        (("a",), "'x'"),
        (("list", 0), '"z"'),
        (("list", 1), "[1, 2]"),
        (("inline",), "{w: plain text, v: 1}"),
        (("inline", "w"), "plain text"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_place_holds_its_value(path: tuple[str | int, ...], raw: str, newline: str) -> None:
    document = YamlDocument(TEXT.replace("\n", newline))
    start, end = document.span(path)
    assert document.text[start:end] == raw


def test_members_in_braces_are_told_from_those_on_lines_of_their_own() -> None:
    document = YamlDocument(TEXT)
    assert document.is_flow(("inline",))
    assert not document.is_flow(())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "line 1"),
        ("a: b: c", "line 1"),
        ("\tx: 1", "line 1"),
        ("a: 1\n---\nb: 2", "single document"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: !!python/object:os.system {}", "constructor"),
        ("a: 2024-13-45", "month"),
        ("[" * 500, "nested too deeply"),
    ],
)
def test_what_is_broken_is_said_in_one_line(text: str, sentence: str) -> None:
    with pytest.raises(Broken, match=sentence) as refused:
        YamlDocument(text)
    assert "\n" not in str(refused.value)


@given(st.text(st.characters(codec="utf-8")))
def test_a_quoted_string_is_read_back(word: str) -> None:
    assert yaml.safe_load(f"a: {YamlDocument('').quote(word)}") == {"a": word}
