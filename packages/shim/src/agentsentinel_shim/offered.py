"""What an MCP server offers now, for each principal: whole lists to report and keep, digests to compare with the pins.

No input or output here. One thread takes lists, others may ask: what they read is replaced and never changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentsentinel_core.manifest.changes import digests_of
from agentsentinel_core.manifest.model import Definition, ItemKind
from agentsentinel_shim.lists import Listed

MOST_PRINCIPALS = 50
"""Principals that are remembered; beyond it the one whose lists are oldest is forgotten."""

MOST_SHOWN = 200_000
"""Items that are remembered as shown to clients; beyond it the client that has listed longest ago is forgotten."""

Digests = Mapping[str, frozenset[str]]
"""Name of an item -> the digests of its definitions: servers may list a name twice."""


@dataclass(frozen=True)
class Offer:
    """What is offered to one principal."""

    lists: Mapping[ItemKind, tuple[Definition, ...]] = field(default_factory=dict)
    """The lists that were seen whole."""
    digests: Mapping[ItemKind, Digests] = field(default_factory=dict)
    """Digests of these and of pages since then."""
    is_public: bool = False


class Offered:
    """What a server offers. `take` is for one thread; the rest is safe to share."""

    def __init__(self) -> None:
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._shown: OrderedDict[tuple[str, str], Mapping[ItemKind, Digests]] = OrderedDict()
        self._shown_items = 0
        self.generation = 0
        """Differs after each change."""

    def of(self, principal: str) -> Offer | None:
        """Return what is offered to a principal; None when no list was seen."""
        return self._offers.get(principal)

    def shown(self, principal: str, client: str) -> Mapping[ItemKind, Digests] | None:
        """Return the digests of what a client was shown last, kind by kind; what others were shown fills its gaps.

        A server may show two clients of a principal different things. None when neither has listed anything.
        """
        own, offer = self._shown.get((principal, client)), self._offers.get(principal)
        if own is None and offer is None:
            return None
        return {**(offer.digests if offer is not None else {}), **(own or {})}

    def all(self) -> dict[str, Offer]:
        """Return the offers by principal."""
        return dict(self._offers)

    def restore(self, principal: str, offer: Offer) -> None:
        """Take an offer that was kept."""
        self._keep(principal, offer)

    def take(self, listed: Listed) -> bool:
        """Take a page; return whether it completes a list that is new or differs from the one before."""
        before = self._offers.get(listed.principal, Offer())
        seen = _frozen(listed.kind, listed.definitions if listed.whole is None else listed.whole)
        self._show(listed, seen)
        if listed.whole is None:
            if any(before.digests.get(listed.kind, {}).get(name) != digests for name, digests in seen.items()):
                merged = {**before.digests.get(listed.kind, {}), **seen}
                digests = {**before.digests, listed.kind: merged}
                self._keep(listed.principal, Offer(before.lists, digests, listed.is_public))
            return False
        is_known = listed.kind in before.lists and before.digests.get(listed.kind) == seen
        if is_known and before.is_public == listed.is_public:
            return False
        self._keep(
            listed.principal,
            Offer({**before.lists, listed.kind: listed.whole}, {**before.digests, listed.kind: seen}, listed.is_public),
        )
        return True

    def _show(self, listed: Listed, seen: Digests) -> None:
        """Remember what a client was shown: a whole list replaces the one before, a page adds to it."""
        key = listed.principal, listed.client
        shown = OrderedDict(self._shown)
        before = shown.pop(key, {})
        kept = before.get(listed.kind, {}) if listed.whole is None else {}
        after = {**before, listed.kind: {**kept, **seen}}
        shown[key] = after
        self._shown_items += _size(after) - _size(before)
        while self._shown_items > MOST_SHOWN and len(shown) > 1:
            self._shown_items -= _size(shown.popitem(last=False)[1])
        self._shown = shown
        if after != before:
            self.generation += 1

    def _keep(self, principal: str, offer: Offer) -> None:
        offers = OrderedDict(self._offers)
        offers.pop(principal, None)
        offers[principal] = offer
        if len(offers) > MOST_PRINCIPALS:
            offers.popitem(last=False)
        self._offers = offers
        self.generation += 1


def _size(shown: Mapping[ItemKind, Digests]) -> int:
    return sum(map(len, shown.values()))


def _frozen(kind: ItemKind, definitions: tuple[Definition, ...]) -> dict[str, frozenset[str]]:
    return {name: frozenset(digests) for name, digests in digests_of(kind, definitions).items()}


def offer_of(lists: Mapping[ItemKind, tuple[Definition, ...]], *, is_public: bool) -> Offer:
    """Return the offer of whole lists."""
    return Offer(dict(lists), {kind: _frozen(kind, definitions) for kind, definitions in lists.items()}, is_public)
