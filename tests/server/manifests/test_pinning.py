"""Digests by kind and name, what other principals were shown, and a bounded judgement."""

from typing import Any

from agentsentinel.manifests.pinning import (
    MOST_CHANGES,
    MOST_DEFECTS,
    MOST_POISON,
    MOST_TEXT,
    digests_by_kind,
    digests_in,
    find_contradicted,
    find_definitions,
    has_any,
    judge,
    replace_definitions,
)
from agentsentinel.models.manifest import Lists
from agentsentinel_core.manifest.changes import digest_of
from server.manifests.support import DELETE, POISONED, REWORDED, SEARCH, SEND, TEXT


def judged(before: list[Any], after: list[Any]) -> Any:
    return judge({"tool": before}, {"tool": after}, lists_are_public=False, is_open=True)


def test_digests_are_by_kind_and_name_and_keep_the_order_of_equal_names() -> None:
    lists: Lists = {"tool": [SEND, SEARCH, REWORDED], "instructions": [TEXT], "skill": []}
    assert digests_in(lists) == {
        "tool": {"send_email": [digest_of(SEND), digest_of(REWORDED)], "search": [digest_of(SEARCH)]},
        "instructions": {"": [digest_of(TEXT)]},
        "skill": {},
    }


def test_the_digest_of_a_kind_depends_on_its_items_and_on_the_order_of_equal_names_only() -> None:
    def digest(*tools: Any) -> str:
        return digests_by_kind(digests_in({"tool": list(tools)}))["tool"]

    assert digest(SEND, SEARCH) == digest(SEARCH, SEND)
    assert len({digest(), digest(SEND), digest(SEND, REWORDED), digest(REWORDED, SEND)}) == 4


def test_an_item_is_contradicted_when_no_definition_of_its_name_is_the_same() -> None:
    trusted = [digests_in({"tool": [SEND]}), digests_in({"tool": [WIDE], "prompt": [DELETE]})]
    assert find_contradicted(digests_in({"tool": [WIDE, DELETE]}), trusted) == set()
    assert find_contradicted(digests_in({"tool": [REWORDED, SEARCH]}), trusted) == {("tool", "send_email")}


WIDE = {**SEND, "inputSchema": {}}


def test_the_trusted_definition_takes_the_place_of_the_contradicted_one() -> None:
    lists: Lists = {"tool": [SEARCH, REWORDED], "prompt": [REWORDED]}
    trusted = find_definitions({"tool": [DELETE, SEND, WIDE]}, {("tool", "send_email"), ("prompt", "send_email")})
    assert trusted == {("tool", "send_email"): SEND}
    assert replace_definitions(lists, trusted) == {"tool": [SEARCH, SEND], "prompt": [REWORDED]}
    assert has_any(digests_in(lists), trusted)
    assert not has_any(digests_in({"skill": []}), trusted)


def test_a_change_says_which_definition_it_led_to() -> None:
    assert judged([SEND, SEARCH], [REWORDED]).changes == [
        {"item": "tool search", "what": "removed", "severity": "LOW", "now": ""},
        {
            "item": "tool send_email",
            "what": "reworded: description",
            "severity": "LOW",
            "now": digest_of(REWORDED)[:8],
        },
    ]


def test_a_judgement_is_bounded_and_keeps_what_weighs_most() -> None:
    name = "x" * 1000
    bad = [{**POISONED, "name": f"{name}{n}", "icons": [{"src": "http://example.com"}]} for n in range(200)]
    vague = [{"name": f"v{n}"} for n in range(200)]
    found = judged([], [*vague, *bad, DELETE])
    assert (found.changes_count, len(found.changes)) == (401, MOST_CHANGES)
    assert found.changes[0]["item"] == "tool delete_email"
    assert (len(found.poison), len(found.defects)) == (MOST_POISON, MOST_DEFECTS)
    assert {defect["kind"] for defect in found.defects} == {"unsafe"}
    texts = [value for each in (*found.changes, *found.poison, *found.defects) for value in each.values()]
    assert max(map(len, texts)) == MOST_TEXT
