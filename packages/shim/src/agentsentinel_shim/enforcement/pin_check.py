"""Compares what an MCP server offers now with what was approved of it."""

from __future__ import annotations

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.enforcement.snapshot import PinnedManifest, Snapshot
from agentsentinel_shim.offered import Offer, Offered

_STEERING = (ItemKind.INSTRUCTIONS, ItemKind.SKILL)
"""Kinds that a model follows in whatever it does with the server: a change of one concerns every tool."""
MOST_REMEMBERED = 200


class PinCheck:
    """Compares the offers of one server with the pins. For one thread.

    Args:
        offered: what the server offers.
    """

    def __init__(self, offered: Offered) -> None:
        self._offered = offered
        self._known: dict[tuple[str, int, str, str], str | None] = {}

    def objection(self, snapshot: Snapshot, server: str, tool: str, principal: str) -> str | None:
        """Return why a tool may not be called: what changed and was not approved; None when all of it was.

        What was never listed, and what the server has not pinned yet, is not a change.
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


def _is_changed(pins: PinnedManifest, offer: Offer, kind: ItemKind, name: str) -> bool:
    """Whether an item is offered and differs from what is pinned; never for a kind that was not pinned."""
    pinned = pins.pinned.get(kind.value)
    offered = offer.digests.get(kind, {}).get(name)
    return pinned is not None and offered is not None and not offered <= pinned.get(name, frozenset())
