"""Compares what an MCP server offers now with what was approved of it."""

from __future__ import annotations

from collections.abc import Mapping

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim.enforcement.snapshot import PinnedManifest, Snapshot
from agentsentinel_shim.offered import Digests, Offered

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
        self._known: dict[tuple[str, int, str, str, str], str | None] = {}
        self._unpinned_since: dict[tuple[str, ItemKind], float] = {}

    def objection(
        self, snapshot: Snapshot, server: str, tool: str, principal: str, client: str, at: float
    ) -> str | None:
        """Return why a client may not call a tool at Unix time `at`; None when all that it was shown is approved.

        What was never listed is not a change. What is not pinned yet is none for `UNPINNED_SECONDS`, unless another
        principal's pins say otherwise.
        """
        for pins in snapshot.pins_of(server, principal):
            shown = self._offered.shown(pins.principal, client)
            if shown is None:
                continue
            changed = self._steering_change(snapshot.version, pins, client, shown)
            if changed is not None:
                return changed
            if _is_changed(pins, shown, ItemKind.TOOL, tool):
                return f"the definition of {tool!a} is not the one that was approved"
        return self._unpinned(snapshot, server, tool, principal, client, at)

    def _unpinned(
        self, snapshot: Snapshot, server: str, tool: str, principal: str, client: str, at: float
    ) -> str | None:
        for who in dict.fromkeys((principal, "")):
            shown = self._offered.shown(who, client) or {}
            pins = next((pins for pins in snapshot.pins_of(server, who) if pins.principal == who), None)
            for kind in _PINNED_KINDS:
                if pins is not None and kind.value in pins.pinned:
                    self._unpinned_since.pop((who, kind), None)
                    continue
                offered = shown.get(kind, {})
                if kind is ItemKind.TOOL and _differs_from_others(snapshot, server, tool, offered.get(tool)):
                    return f"the definition of {tool!a} is not the one that was approved for others"
                if offered and at - self._unpinned_since.setdefault((who, kind), at) >= UNPINNED_SECONDS:
                    return f"what is listed as {kind.value} could not be pinned: its report was refused, or is late"
        return None

    def _steering_change(
        self, version: str, pins: PinnedManifest, client: str, shown: Mapping[ItemKind, Digests]
    ) -> str | None:
        """Return the change of instructions or skills; remembered, since a server may have many skills."""
        key = version, self._offered.generation, pins.server_name, pins.principal, client
        if key not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = _steering_change(pins, shown)
        return self._known[key]


def _steering_change(pins: PinnedManifest, shown: Mapping[ItemKind, Digests]) -> str | None:
    for kind in _STEERING:
        for name in shown.get(kind, {}):
            if _is_changed(pins, shown, kind, name):
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


def _is_changed(pins: PinnedManifest, shown: Mapping[ItemKind, Digests], kind: ItemKind, name: str) -> bool:
    """Whether an item is shown and differs from what is pinned; never for a kind that was not pinned."""
    pinned = pins.pinned.get(kind.value)
    offered = shown.get(kind, {}).get(name)
    return pinned is not None and offered is not None and not offered <= pinned.get(name, frozenset())
