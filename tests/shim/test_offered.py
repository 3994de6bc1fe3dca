"""What a server offers now: what is new, what differs, and what is forgotten."""

from typing import Any

from agentsentinel_core.manifest.changes import digest_of
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.lists import Listed
from agentsentinel_shim.offered import MOST_PRINCIPALS, Offered, offer_of

A, B = {"name": "a"}, {"name": "b"}
OTHER_A = {"name": "a", "title": "A"}


def whole(*tools: dict[str, Any], principal: str = "") -> Listed:
    return Listed(ItemKind.TOOL, tools, tools, principal)


def digests(offered: Offered, name: str) -> set[str] | None:
    offer = offered.of("")
    found = None if offer is None else offer.digests.get(ItemKind.TOOL, {}).get(name)
    return None if found is None else set(found)


def test_a_whole_list_is_new_once() -> None:
    offered = Offered()
    assert offered.take(whole(A, B))
    assert not offered.take(whole(B, A))
    assert offered.take(whole(A))
    assert digests(offered, "b") is None


def test_a_page_changes_what_is_known_before_the_list_is_whole() -> None:
    offered = Offered()
    offered.take(whole(A, B))
    before = offered.generation
    assert not offered.take(Listed(ItemKind.TOOL, (OTHER_A,)))
    assert offered.generation > before
    assert digests(offered, "a") == {digest_of(OTHER_A)}
    assert digests(offered, "b") == {digest_of(B)}
    offer = offered.of("")
    assert offer is not None
    assert offer.lists[ItemKind.TOOL] == (A, B)


def test_what_does_not_differ_has_no_new_generation() -> None:
    offered = Offered()
    offered.take(whole(A))
    before = offered.generation
    offered.take(whole(A))
    offered.take(Listed(ItemKind.TOOL, (A,)))
    assert offered.generation == before


def test_back_to_an_earlier_list_after_a_page_is_stated_again() -> None:
    offered = Offered()
    offered.take(whole(A))
    offered.take(Listed(ItemKind.TOOL, (OTHER_A,)))
    assert offered.take(whole(A))


def test_two_definitions_of_one_name_are_both_kept() -> None:
    offered = Offered()
    offered.take(whole(A, OTHER_A))
    assert digests(offered, "a") == {digest_of(A), digest_of(OTHER_A)}


def test_principals_are_apart_and_bounded() -> None:
    offered = Offered()
    for number in range(MOST_PRINCIPALS + 1):
        offered.take(whole(A, principal=f"{number:x}"))
    assert len(offered.all()) == MOST_PRINCIPALS
    assert offered.of("0") is None
    assert offered.of("") is None


def test_what_was_kept_is_known_again() -> None:
    offered = Offered()
    offered.restore("", offer_of({ItemKind.TOOL: (A,)}, is_public=False))
    assert not offered.take(whole(A))
    assert digests(offered, "a") == {digest_of(A)}
