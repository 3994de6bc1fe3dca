"""The JSON form of a manifest, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.manifest.changes import digest_of
from agentsentinel_core.manifest.model import Item, ItemKind, Manifest
from agentsentinel_core.manifest.plain import manifest_of, manifest_text, read_manifest_text

DEFINITIONS = st.dictionaries(
    st.text(max_size=5), st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9), max_size=4
)
ITEMS = st.builds(Item, st.sampled_from(ItemKind), st.text(max_size=9), DEFINITIONS)
MANIFESTS = st.builds(Manifest, st.text(max_size=9), st.text(max_size=9), st.lists(ITEMS, max_size=4).map(tuple))


@given(MANIFESTS)
def test_a_manifest_and_its_digests_survive_the_text(manifest: Manifest) -> None:
    again = read_manifest_text(manifest_text(manifest))
    assert again == manifest
    assert [digest_of(item.definition) for item in again.items] == [
        digest_of(item.definition) for item in manifest.items
    ]


def test_the_text_is_ascii_so_that_every_column_and_file_can_hold_it() -> None:
    manifest = Manifest("\ud83d cut", "\0", (Item(ItemKind.TOOL, "é", {"description": "\ud83d"}),))
    assert manifest_text(manifest).isascii()
    assert read_manifest_text(manifest_text(manifest)) == manifest


ABOUT = {"server_name": "a", "server_version": "1"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"items": []},
        {**ABOUT, "items": {}},
        {**ABOUT, "items": [1]},
        {**ABOUT, "items": [{"kind": "tool", "name": "a", "definition": 1}]},
        {**ABOUT, "items": [{"kind": "nothing", "name": "a", "definition": {}}]},
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a manifest"):
        manifest_of(value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000 + "]" * 100_000])
def test_text_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a manifest"):
        read_manifest_text(text)
