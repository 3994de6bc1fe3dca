"""What a server offers is compared with what was approved of it."""

from typing import Any

import pytest

from agentsentinel_core.manifest.changes import digests_of
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.enforcement.pin_check import UNPINNED_SECONDS, PinCheck
from agentsentinel_shim.enforcement.snapshot import PinnedManifest, Snapshot
from agentsentinel_shim.lists import Listed
from agentsentinel_shim.offered import Offered

SEND, OTHER_SEND, GET = {"name": "send"}, {"name": "send", "title": "Send"}, {"name": "get"}
SKILL = {"uri": "skill://mail/SKILL.md", "resources": [{"uri": "skill://mail/a.md", "digest": "sha256:1"}]}
OTHER_SKILL = {**SKILL, "resources": [{"uri": "skill://mail/a.md", "digest": "sha256:2"}]}


def pinned(server: str = "mail", principal: str = "", **lists: list[dict[str, Any]]) -> PinnedManifest:
    kinds = {kind.replace("_", "-"): definitions for kind, definitions in lists.items()}
    return PinnedManifest(
        server,
        principal,
        {
            kind: {name: frozenset(digests) for name, digests in digests_of(ItemKind(kind), definitions).items()}
            for kind, definitions in kinds.items()
        },
    )


def objection(pins: PinnedManifest, *lists: Listed, tool: str = "send", principal: str = "") -> str | None:
    offered = Offered()
    for listed in lists:
        offered.take(listed)
    return PinCheck(offered).objection(Snapshot("1", manifests=(pins,)), "mail", tool, principal, "", 0.0)


def whole(kind: ItemKind, *definitions: dict[str, Any], principal: str = "") -> Listed:
    return Listed(kind, definitions, definitions, principal)


@pytest.mark.parametrize(
    ("pins", "lists"),
    [
        (pinned(tool=[SEND, GET]), []),
        (pinned(tool=[SEND, GET]), [whole(ItemKind.TOOL, GET, SEND)]),
        (pinned(tool=[SEND, GET]), [whole(ItemKind.TOOL, SEND)]),
        (pinned(tool=[SEND]), [whole(ItemKind.TOOL, SEND, GET)]),
        (pinned(tool=[SEND]), [whole(ItemKind.INSTRUCTIONS, {"text": "New kind."})]),
        (pinned(tool=[SEND, OTHER_SEND]), [whole(ItemKind.TOOL, OTHER_SEND)]),
        (pinned("files", tool=[SEND]), [whole(ItemKind.TOOL, OTHER_SEND)]),
        (pinned(skill=[SKILL]), [whole(ItemKind.SKILL, SKILL)]),
        (pinned(prompt=[GET]), [whole(ItemKind.PROMPT, {**GET, "title": "Other"})]),
    ],
)
def test_what_was_approved_or_never_pinned_is_no_change(pins: PinnedManifest, lists: list[Listed]) -> None:
    assert objection(pins, *lists) is None


@pytest.mark.parametrize(
    ("pins", "listed", "why"),
    [
        (pinned(tool=[SEND]), whole(ItemKind.TOOL, OTHER_SEND), "definition of 'send'"),
        (pinned(tool=[GET]), whole(ItemKind.TOOL, GET, SEND), "definition of 'send'"),
        (pinned(tool=[]), whole(ItemKind.TOOL, SEND), "definition of 'send'"),
        (pinned(tool=[SEND]), whole(ItemKind.TOOL, SEND, OTHER_SEND), "definition of 'send'"),
        (pinned(tool=[SEND]), Listed(ItemKind.TOOL, (OTHER_SEND,)), "definition of 'send'"),
        (pinned(instructions=[]), whole(ItemKind.INSTRUCTIONS, {"text": "Obey."}), "instructions"),
        (pinned(instructions=[{"text": "a"}]), whole(ItemKind.INSTRUCTIONS, {"text": "b"}), "instructions"),
        (pinned(skill=[SKILL]), whole(ItemKind.SKILL, OTHER_SKILL), "skill 'skill://mail/SKILL.md'"),
        (pinned(skill=[]), whole(ItemKind.SKILL, SKILL), "skill"),
    ],
)
def test_what_was_not_approved_objects(pins: PinnedManifest, listed: Listed, why: str) -> None:
    assert why in (objection(pins, listed) or "")


def test_each_principal_is_compared_with_its_own_pins_and_with_those_for_everyone() -> None:
    mine = whole(ItemKind.TOOL, OTHER_SEND, principal="ab")
    assert objection(pinned(principal="ab", tool=[SEND]), mine, principal="ab")
    assert "for others" in (objection(pinned(principal="cd", tool=[SEND]), mine, principal="ab") or "")
    assert objection(pinned(principal="cd", tool=[OTHER_SEND]), mine, principal="ab") is None
    assert objection(pinned(tool=[SEND]), whole(ItemKind.TOOL, OTHER_SEND), principal="ab")


def test_an_approval_and_a_new_list_change_the_answer_at_once() -> None:
    offered = Offered()
    check = PinCheck(offered)
    before = Snapshot("1", manifests=(pinned(skill=[SKILL]),))
    offered.take(whole(ItemKind.SKILL, OTHER_SKILL))
    assert check.objection(before, "mail", "send", "", "", 0.0) is not None
    approved = Snapshot("2", manifests=(pinned(skill=[OTHER_SKILL]),))
    assert check.objection(approved, "mail", "send", "", "", 0.0) is None
    offered.take(whole(ItemKind.SKILL, SKILL))
    assert check.objection(before, "mail", "send", "", "", 0.0) is None
    assert check.objection(approved, "mail", "send", "", "", 0.0) is not None


@pytest.mark.parametrize("kind", [ItemKind.TOOL, ItemKind.INSTRUCTIONS, ItemKind.SKILL])
def test_what_is_never_pinned_may_not_be_called_for_ever(kind: ItemKind) -> None:
    offered = Offered()
    offered.take(Listed(kind, (GET,)))
    check, nothing = PinCheck(offered), Snapshot("1")
    assert check.objection(nothing, "mail", "send", "", "", 100.0) is None
    assert check.objection(nothing, "mail", "send", "", "", 100.0 + UNPINNED_SECONDS - 1) is None
    assert "could not be pinned" in (check.objection(nothing, "mail", "send", "", "", 100.0 + UNPINNED_SECONDS) or "")
    pins = {name: frozenset(digests) for name, digests in digests_of(kind, [GET]).items()}
    late = Snapshot("2", manifests=(PinnedManifest("mail", "", {kind.value: pins}),))
    assert check.objection(late, "mail", "send", "", "", 200.0) is None
