"""Pages of lists: which belong together, and when a list is whole."""

from typing import Any

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.lists import MOST_DEFINITIONS, MOST_OPEN, Listed, OpenLists, instructions_of

A, B, C = {"name": "a"}, {"name": "b"}, {"name": "c"}


def page(lists: OpenLists, *tools: Any, cursor: str | None = None, then: str | None = None, **who: str) -> Listed:
    params = {} if cursor is None else {"cursor": cursor}
    result = {"tools": list(tools)} if then is None else {"tools": list(tools), "nextCursor": then}
    return lists.page("tools/list", params, result, who.get("client", "one"), who.get("principal", ""))


def test_a_list_of_one_page_is_whole() -> None:
    assert page(OpenLists(), A, B) == Listed(ItemKind.TOOL, (A, B), (A, B), client="one")


def test_pages_are_joined_by_their_cursors() -> None:
    lists = OpenLists()
    assert page(lists, A, then="2").whole is None
    assert page(lists, B, cursor="2", then="3").whole is None
    assert page(lists, C, cursor="3").whole == (A, B, C)


def test_two_lists_that_are_read_at_once_do_not_mix() -> None:
    lists = OpenLists()
    page(lists, A, then="2", principal="x")
    page(lists, B, then="2", principal="y")
    page(lists, C, then="2", client="two")
    assert page(lists, cursor="2", principal="x").whole == (A,)
    assert page(lists, cursor="2", principal="y").whole == (B,)
    assert page(lists, cursor="2", client="two").whole == (C,)


def test_a_list_whose_first_page_was_not_seen_is_never_whole() -> None:
    lists = OpenLists()
    assert page(lists, B, cursor="2", then="3").whole is None
    assert page(lists, C, cursor="3").whole is None


def test_a_list_is_forgotten_when_many_begin_and_none_ends() -> None:
    lists = OpenLists()
    for number in range(MOST_OPEN + 1):
        page(lists, A, then=str(number))
    assert page(lists, B, cursor="0").whole is None
    assert page(lists, B, cursor="1").whole == (A, B)


def test_a_list_without_an_end_is_bounded() -> None:
    lists = OpenLists()
    page(lists, *[A] * MOST_DEFINITIONS, then="2")
    assert page(lists, B, cursor="2").whole is None


def test_a_list_that_caches_may_share_is_for_everyone() -> None:
    result = {"skills": [{"uri": "skill://a"}], "cacheScope": "public"}
    listed = OpenLists().page("skills/list", {}, result, "one", "somewhere")
    assert (listed.principal, listed.client, listed.is_public, listed.kind) == ("", "one", True, ItemKind.SKILL)


def test_members_of_wrong_types_are_passed_over() -> None:
    assert OpenLists().page("prompts/list", {}, {"prompts": {"a": 1}}, "", "").whole == ()
    assert page(OpenLists(), 1, "a", None, A).whole == (A,)


def test_instructions_are_whole_even_when_there_are_none() -> None:
    assert instructions_of({"instructions": "Read."}, "one", "x").whole == ({"text": "Read."},)
    for members in ({}, {"instructions": ""}, {"instructions": 5}):
        assert instructions_of(members, "one", "x") == Listed(ItemKind.INSTRUCTIONS, (), (), "x", "one")
