"""What a server offers now: what is new, what differs, and what is forgotten."""

from typing import Any

import pytest

from agentsentinel_core.manifest.changes import digest_of
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim import offered as offered_module
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


def shown(offered: Offered, client: str) -> dict[str, frozenset[str]]:
    return dict((offered.shown("", client) or {}).get(ItemKind.TOOL, {}))


def test_each_client_is_known_by_what_it_was_shown_itself() -> None:
    offered = Offered()
    offered.take(Listed(ItemKind.TOOL, (OTHER_A,), (OTHER_A,), client="one"))
    offered.take(Listed(ItemKind.TOOL, (A,), (A,), client="two"))
    assert shown(offered, "one") == {"a": {digest_of(OTHER_A)}}
    assert shown(offered, "two") == shown(offered, "new") == {"a": {digest_of(A)}}
    offered.take(Listed(ItemKind.TOOL, (A,), (A,), client="one"))
    assert shown(offered, "one") == {"a": {digest_of(A)}}


def test_what_clients_were_shown_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered_module, "MOST_SHOWN", 4)
    offered = Offered()
    for client in ("one", "two", "three"):
        offered.take(Listed(ItemKind.TOOL, (OTHER_A, B), (OTHER_A, B), client=client))
    offered.take(Listed(ItemKind.TOOL, (A,), (A,), client="four"))
    other = frozenset({digest_of(OTHER_A)})
    changed = [shown(offered, client).get("a") == other for client in ("one", "two", "three")]
    assert changed == [False, False, True]


def test_more_principals_than_are_kept_do_not_make_the_first_ones_trusted() -> None:
    offered = Offered()
    offered.take(Listed(ItemKind.TOOL, (OTHER_A,), (OTHER_A,), "alice", "one"))
    for number in range(MOST_PRINCIPALS):
        offered.take(Listed(ItemKind.TOOL, (A,), (A,), f"{number:x}", f"{number}"))
    assert offered.of("alice") is None
    assert (offered.shown("alice", "one") or {})[ItemKind.TOOL] == {"a": {digest_of(OTHER_A)}}
