"""TOML: places of values, however they are written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_shim.desk.documents import Broken
from agentsentinel_shim.desk.toml_document import TomlDocument

TEXT = """a.b = 'x' # y
list = [ # first
  "z", # second
]
[t."u v"]
inline = { w = '''long
one''' }
"""


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        (("a", "b"), "'x'"),
        (("list",), '[ # first\n  "z", # second\n]'),
        (("t", "u v", "inline"), "{ w = '''long\none''' }"),
        (("t", "u v", "inline", "w"), "'''long\none'''"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_place_holds_its_value(path: tuple[str, ...], raw: str, newline: str) -> None:
    document = TomlDocument(TEXT.replace("\n", newline))
    start, end = document.span(path)
    assert document.text[start:end] == raw.replace("\n", newline)


def test_members_in_braces_are_told_from_those_on_lines_of_their_own() -> None:
    document = TomlDocument(TEXT)
    assert document.is_flow(("t", "u v", "inline"))
    assert not document.is_flow(("t", "u v"))
    assert not document.is_flow(("a",))


@pytest.mark.parametrize("text", ["a", "a = ", "[a\nb = 1", "a = 1\na = 2", "\ufeffa = 1", "a = " + "[" * 10_000])
def test_what_is_broken_is_said(text: str) -> None:
    with pytest.raises(Broken):
        TomlDocument(text)


@given(st.text(st.characters(codec="utf-8")))
def test_a_quoted_string_is_read_back(word: str) -> None:
    assert tomllib.loads(f"a = {TomlDocument('').quote(word)}") == {"a": word}
