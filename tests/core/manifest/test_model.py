"""Items of a manifest."""

from agentsentinel_core.manifest.model import ItemKind, items_of, text_of


def test_an_item_goes_by_what_identifies_its_kind():
    assert [item.name for item in items_of(ItemKind.TOOL, [{"name": "read"}])] == ["read"]
    assert [item.name for item in items_of(ItemKind.RESOURCE, [{"name": "n", "uri": "file:///a"}])] == ["file:///a"]
    assert [item.name for item in items_of(ItemKind.SKILL, [{"uri": "skill://a/SKILL.md"}])] == ["skill://a/SKILL.md"]


def test_a_definition_without_its_name_is_kept():
    (item,) = items_of(ItemKind.TOOL, [{"name": 7}])
    assert item.name == ""
    assert item.definition == {"name": 7}


def test_a_member_of_another_type_is_no_text():
    assert text_of({"description": ["a"]}, "description") == ""
