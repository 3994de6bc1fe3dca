"""Reported manifests: what they add to what is stored. Pure, since a large one keeps a thread busy for seconds."""

from itertools import chain
from typing import NamedTuple, Self

from agentsentinel.errors import Invalid
from agentsentinel.manifests.parsing import check_depth
from agentsentinel.manifests.pinning import (
    Digests,
    ItemKey,
    Judgement,
    digests_by_kind,
    digests_in,
    judge,
    replace_definitions,
)
from agentsentinel.manifests.schemas import MOST_ITEMS, ManifestIn
from agentsentinel.models import ManifestRow
from agentsentinel.models.manifest import Definition, Lists


class Report(NamedTuple):
    """A reported manifest with its digests."""

    server_name: str
    principal: str
    server_version: str | None
    lists_are_public: bool | None
    lists: Lists
    digests: Digests
    kind_digests: dict[str, str]

    @classmethod
    def of(cls, manifest: ManifestIn) -> Self:
        """Check and digest a manifest. Raises Invalid when it nests too deeply."""
        check_depth(chain.from_iterable(manifest.lists.values()))
        lists = {kind.value: definitions for kind, definitions in manifest.lists.items()}
        digests = digests_in(lists)
        return cls(
            manifest.server_name,
            manifest.principal,
            manifest.server_version,
            manifest.lists_are_public,
            lists,
            digests,
            digests_by_kind(digests),
        )

    def repeats(self, row: ManifestRow) -> bool:
        """Whether the report says nothing that is not stored."""
        return (
            self.kind_digests.items() <= row.kind_digests.items()
            and self.server_version in (None, row.server_version)
            and self.lists_are_public in (None, row.lists_are_public)
        )


class Known(NamedTuple):
    """What is stored of a manifest when a report arrives."""

    pinned: Lists
    offered: Lists
    kind_digests: dict[str, str]
    lists_are_public: bool
    elsewhere: dict[ItemKey, Definition]
    """Definitions that are pinned for other principals and that the report contradicts."""


class Planned(NamedTuple):
    """What to store of a report."""

    pinned: Lists
    pinned_digests: Digests
    """Digests of the kinds that were not pinned before."""
    offered: Lists | None
    """None when it is what is pinned."""
    kind_digests: dict[str, str]
    lists_are_public: bool
    counts: dict[str, int]
    judgement: Judgement


def plan(known: Known, report: Report) -> Planned:
    """Return what to store. Raises Invalid for too many items.

    Kinds that are seen for the first time are pinned as they are, except for items that the server offers other
    principals under the same name: of them what is pinned there, so that it cannot show one principal what it could not
    show another.
    """
    offered = {**known.offered, **report.lists}
    counts = {kind: len(definitions) for kind, definitions in offered.items()}
    if sum(counts.values()) > MOST_ITEMS:
        raise Invalid(f"A manifest may hold {MOST_ITEMS:,} items")
    new = {kind: definitions for kind, definitions in report.lists.items() if kind not in known.pinned}
    trusted = replace_definitions(new, known.elsewhere)
    pinned = {**known.pinned, **trusted}
    is_public = known.lists_are_public if report.lists_are_public is None else report.lists_are_public
    judgement = judge(pinned, offered, lists_are_public=is_public, is_open=not report.principal)
    return Planned(
        pinned=pinned,
        pinned_digests=digests_in(trusted),
        offered=offered if judgement.changes_count else None,
        kind_digests={**known.kind_digests, **report.kind_digests},
        lists_are_public=is_public,
        counts=counts,
        judgement=judgement,
    )
