"""What a report adds to what is stored: kinds are pinned at first sight, and compared from then on."""

from typing import Any

import pytest

from agentsentinel.errors import Invalid
from agentsentinel.manifests.report import Known, Planned, Report, plan
from agentsentinel.manifests.schemas import MOST_ITEMS, ManifestIn
from agentsentinel.models import ManifestRow
from agentsentinel_core.manifest.changes import digest_of
from server.manifests.support import ALICE, DELETE, REWORDED, SEARCH, SEND, TEXT

NEW = Known({}, {}, {}, lists_are_public=False, elsewhere={})


def reported(**members: object) -> Report:
    return Report.of(ManifestIn.model_validate({"server_name": "mail", "lists": {}, **members}))


def known(planned: Planned) -> Known:
    return Known(planned.pinned, planned.offered or planned.pinned, planned.kind_digests, planned.lists_are_public, {})


def test_kinds_are_pinned_one_by_one_as_they_are_first_seen() -> None:
    first = plan(NEW, reported(lists={"tool": [SEND], "skill": []}))
    assert (first.pinned, first.offered) == ({"tool": [SEND], "skill": []}, None)
    second = plan(known(first), reported(lists={"tool": [DELETE], "instructions": [TEXT]}))
    assert second.pinned == {"tool": [SEND], "skill": [], "instructions": [TEXT]}
    assert second.offered == {"tool": [DELETE], "skill": [], "instructions": [TEXT]}
    assert second.pinned_digests == {"instructions": {"": [digest_of(TEXT)]}}
    assert second.counts == {"tool": 1, "skill": 0, "instructions": 1}
    assert second.judgement.changes_count == 2


def test_a_server_that_is_back_offers_what_is_pinned() -> None:
    first = plan(NEW, reported(lists={"tool": [SEND, SEARCH]}))
    changed = plan(known(first), reported(lists={"tool": [SEND]}))
    back = plan(known(changed), reported(lists={"tool": [SEARCH, SEND]}))
    assert changed.offered is not None
    assert (back.offered, back.kind_digests) == (None, first.kind_digests)


def test_of_an_item_that_another_principal_was_shown_otherwise_that_is_pinned() -> None:
    stored = NEW._replace(elsewhere={("tool", "send_email"): SEND})
    planned = plan(stored, reported(principal=ALICE, lists={"tool": [REWORDED, SEARCH]}))
    assert planned.pinned == {"tool": [SEND, SEARCH]}
    assert planned.judgement.changes_count == 1


def test_whether_lists_are_public_stays_until_it_is_said_anew() -> None:
    stored = NEW._replace(lists_are_public=True)
    assert plan(stored, reported()).lists_are_public
    assert not plan(stored, reported(lists_are_public=False)).lists_are_public


def test_a_report_repeats_what_is_stored_when_it_says_nothing_else() -> None:
    planned = plan(NEW, reported(lists={"tool": [SEND], "skill": []}))
    row = ManifestRow(kind_digests=planned.kind_digests, server_version="1", lists_are_public=False)
    assert reported(lists={"tool": [SEND]}).repeats(row)
    assert reported(lists={"skill": []}, server_version="1", lists_are_public=False).repeats(row)
    news: dict[str, Any]
    for news in (
        {"lists": {"tool": []}},
        {"lists": {"prompt": []}},
        {"server_version": "2"},
        {"lists_are_public": True},
    ):
        assert not reported(**news).repeats(row)


def test_the_number_of_items_is_bounded_over_all_kinds() -> None:
    full = plan(NEW, reported(lists={"tool": [{}] * MOST_ITEMS}))
    with pytest.raises(Invalid, match="2,000 items"):
        plan(known(full), reported(lists={"prompt": [{}]}))
