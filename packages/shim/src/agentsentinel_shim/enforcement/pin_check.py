"""Compares what an MCP server offers now with what was approved of it."""

from __future__ import annotations

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.enforcement.snapshot import PinnedManifest, Snapshot
from agentsentinel_shim.offered import Offer, Offered

_STEERING = (ItemKind.INSTRUCTIONS, ItemKind.SKILL)
"""Kinds that a model follows in whatever it does with the server: a change of one concerns every tool."""
_PINNED_KINDS = (*_STEERING, ItemKind.TOOL)
UNPINNED_SECONDS = 10.0
"""How long after a list was first seen it may be missing from the pins: its report is on its way."""
MOST_REMEMBERED = 200


class PinCheck:
    """Compares the offers of one server with the pins. For one thread.

    Args:
        offered: what the server offers.
    """

    def __init__(self, offered: Offered) -> None:
        self._offered = offered
        self._known: dict[tuple[str, int, str, str], str | None] = {}
        self._unpinned_since: dict[tuple[str, ItemKind], float] = {}

    def objection(self, snapshot: Snapshot, server: str, tool: str, principal: str, at: float) -> str | None:
        """Return why a tool may not be called at Unix time `at`; None when all that was listed is approved.

        What was never listed is not a change. What is not pinned yet is none for `UNPINNED_SECONDS`, unless another
        principal's pins say otherwise.
        """
        for pins in snapshot.pins_of(server, principal):
            offer = self._offered.of(pins.principal)
            if offer is None:
                continue
            changed = self._steering_change(snapshot.version, pins, offer)
            if changed is not None:
                return changed
            if _is_changed(pins, offer, ItemKind.TOOL, tool):
                return f"the definition of {tool!a} is not the one that was approved"
        return self._unpinned(snapshot, server, tool, principal, at)

    def _unpinned(self, snapshot: Snapshot, server: str, tool: str, principal: str, at: float) -> str | None:
        for who in dict.fromkeys((principal, "")):
            offer = self._offered.of(who)
            pins = next((pins for pins in snapshot.pins_of(server, who) if pins.principal == who), None)
            for kind in _PINNED_KINDS if offer is not None else ():
                if pins is not None and kind.value in pins.pinned:
                    self._unpinned_since.pop((who, kind), None)
                    continue
                offered = offer.digests.get(kind, {}) if offer is not None else {}
                if kind is ItemKind.TOOL and _differs_from_others(snapshot, server, tool, offered.get(tool)):
                    return f"the definition of {tool!a} is not the one that was approved for others"
                if offered and at - self._unpinned_since.setdefault((who, kind), at) >= UNPINNED_SECONDS:
                    return f"what is listed as {kind.value} could not be pinned: its report was refused, or is late"
        return None

    def _steering_change(self, version: str, pins: PinnedManifest, offer: Offer) -> str | None:
        """Return the change of instructions or skills; remembered, since a server may have many skills."""
        key = version, self._offered.generation, pins.server_name, pins.principal
        if key not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = _steering_change(pins, offer)
        return self._known[key]


def _steering_change(pins: PinnedManifest, offer: Offer) -> str | None:
    for kind in _STEERING:
        for name in offer.digests.get(kind, {}):
            if _is_changed(pins, offer, kind, name):
                is_skill = kind is ItemKind.SKILL
                what = f"the server's skill {name!a} is" if is_skill else "the instructions of the server are"
                return f"{what} not what was approved"
    return None


def _differs_from_others(snapshot: Snapshot, server: str, tool: str, offered: frozenset[str] | None) -> bool:
    """Whether a tool is pinned for other principals of the server, and for none of them as it is offered here."""
    pinned = [
        digests
        for pins in snapshot.manifests
        if pins.server_name == server and (digests := pins.pinned.get(ItemKind.TOOL.value, {}).get(tool))
    ]
    return offered is not None and bool(pinned) and not any(offered <= digests for digests in pinned)


def _is_changed(pins: PinnedManifest, offer: Offer, kind: ItemKind, name: str) -> bool:
    """Whether an item is offered and differs from what is pinned; never for a kind that was not pinned."""
    pinned = pins.pinned.get(kind.value)
    offered = offer.digests.get(kind, {}).get(name)
    return pinned is not None and offered is not None and not offered <= pinned.get(name, frozenset())
