"""Reports what a relay observes, in the background, through the SDK: calls, the tools on offer, the server."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Protocol
from urllib.parse import quote

from agentsentinel_core.limits import LONGEST_DURATION_MS, LONGEST_NAME
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_core.masking import masked_command
from agentsentinel_core.uuid7 import RANDOM_BITS, make_uuid7
from agentsentinel_sdk.identity import DeclaredManifest
from agentsentinel_sdk.models import ObservationKind
from agentsentinel_shim.conversation import CallEnded, Observation, ServerSeen, Smuggled
from agentsentinel_shim.jsonrpc import DefectKind
from agentsentinel_shim.lists import Listed
from agentsentinel_shim.offer_file import Kept, OfferFile
from agentsentinel_shim.offered import Offer, Offered

CHANNEL = "shim"
UNNAMED = "mcp-server"
"""Name of a server that has none in the configuration, and gives itself none."""
MOST_NOTICES = 200
"""Different defects of messages that are printed."""
UNREADABLE: frozenset[DefectKind] = frozenset({"not-json", "not-a-message"})
"""Defects that no parser accepts, such as a log line on a server's standard output: clumsy, and no danger."""


class Sink(Protocol):
    """What `Reporter` is to this module."""

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        """Take an event as the API takes it, without `agent_id`; never waits."""

    def declare_tools(self, tools: list[str], server_name: str | None = None) -> None:
        """State that an MCP server lists these tools for the agent; never waits."""

    def declare_server(self, name: str, url: str, command: str | None = None) -> None:
        """State that the agent is connected to an MCP server; never waits."""

    def declare_manifest(self, manifest: DeclaredManifest) -> None:
        """State what an MCP server offers to the agent; never waits."""

    def report_observation(self, kind: ObservationKind, detail: str, server_name: str | None = None) -> None:
        """State what was seen; never waits."""


@dataclass(frozen=True)
class Upstream:
    """The MCP server behind a relay, as far as the relay's operator knows it."""

    url: str | None = None
    """Its address; None for a stdio server."""
    command: tuple[str, ...] = ()
    """Command line of a stdio server."""
    name: str | None = None
    """Its name in the agent's configuration; None to use the one by which it introduces itself."""


class Reporting:
    """Hands observations to a reporter. For the observer's thread.

    Args:
        reporter: sends them.
        upstream: the MCP server.
        on_notice: called with a line for people.
        on_listed: called with the definitions of tools that the server lists.
        file: keeps what the server offers; None to keep nothing.
    """

    def __init__(
        self,
        reporter: Sink,
        upstream: Upstream,
        on_notice: Callable[[str], object],
        on_listed: Callable[[Sequence[Mapping[str, Any]]], object] | None = None,
        file: OfferFile | None = None,
    ) -> None:
        self._reporter = reporter
        self._upstream = upstream
        self._file = file or OfferFile(None)
        self.offered = Offered()
        """What the server offers, as it was seen last."""
        kept = self._file.load()
        self._server_name = upstream.name or (kept.server_name if kept else None)
        self._server_version: str | None = None
        self._on_notice = on_notice
        self._noticed: set[str] = set()
        self._on_listed = on_listed
        self.tools: dict[str, None] = {}
        """Names of the tools that were listed, in the server's order."""
        for principal, offer in (kept.offers if kept else {}).items():
            self._restore(principal, offer)

    def _restore(self, principal: str, offer: Offer) -> None:
        """Take what was offered to an earlier shim, whose clients may not list it again."""
        self.offered.restore(principal, offer)
        if self._on_listed is not None:
            self._on_listed([tool for tool in offer.lists.get(ItemKind.TOOL, ()) if isinstance(tool.get("name"), str)])
        self._state_manifest(principal)

    @property
    def server_name(self) -> str:
        """The name of the MCP server; empty until it has introduced itself."""
        return self._server_name or ""

    def __call__(self, observation: Observation) -> None:
        """Report one observation."""
        match observation:
            case CallEnded():
                self._ended(observation)
            case Listed():
                self._listed(observation)
            case ServerSeen():
                self.introduce(observation.name, observation.version)
            case Smuggled():
                self._smuggled(observation)
            case _:
                pass

    def _ended(self, call: CallEnded) -> None:
        self._reporter.submit(event_of(call, self._server_name))
        if call.verdict is not None and call.verdict.objects:
            done = "refused" if call.verdict.decision == "deny" else "would be refused"
            tool, rule, why = (printable(text) for text in (call.tool_name, call.verdict.rule or "", call.verdict.why))
            self._on_notice(f"{done}: tool={tool} rule={rule}{f': {why}' if why else ''}")

    def _smuggled(self, seen: Smuggled) -> None:
        """Report defects: each once on the terminal, and what parsers read differently as an observation."""
        sender = "client" if seen.is_from_client else "server"
        for defect in dict.fromkeys(seen.defects):
            what = printable(f"{sender}: {defect.kind} ({defect.detail})")
            is_ambiguous = defect.kind not in UNREADABLE
            if is_ambiguous:
                self._reporter.report_observation("message_smuggling", what, self._server_name)
            how = "can be read in two ways" if is_ambiguous else "cannot be read"
            done = "was refused" if seen.is_refused else "was forwarded as it is"
            self._notice_once(f"a message {how}, and {done}: {what}")

    def _notice_once(self, line: str) -> None:
        if line not in self._noticed and len(self._noticed) < MOST_NOTICES:
            self._noticed.add(line)
            self._on_notice(line)

    def introduce(self, name: str, version: str = "") -> None:
        """State that the agent is connected to the server, by the name of its configuration or else its own."""
        own_name = printable(name) or UNNAMED
        self._server_version = printable(version) or None
        if self._server_name is None:
            self._server_name = own_name
        elif self._upstream.name is None and own_name not in (self._server_name, UNNAMED):
            self._notice_once(f"the server now calls itself {own_name}; it stays {self._server_name} here")
        url, command = self._upstream.url, None
        if url is None:
            url, command = f"stdio:{quote(self._server_name)}", masked_command(self._upstream.command)
        self._reporter.declare_server(self._server_name, url, command)

    def _listed(self, page: Listed) -> None:
        if page.kind is ItemKind.TOOL:
            tools = [tool for tool in page.definitions if isinstance(tool.get("name"), str)]
            if self._on_listed is not None:
                self._on_listed(tools)
            self.declare([tool["name"] for tool in tools])
        if page.whole is not None and self._server_name is None:
            self.introduce("")
        if self.offered.take(page):
            self._file.store(Kept(self._server_name or UNNAMED, self.offered.all()))
            self._state_manifest(page.principal)

    def _state_manifest(self, principal: str) -> None:
        offer = self.offered.of(principal)
        if offer is None:
            return
        self._reporter.declare_manifest(
            DeclaredManifest(
                server_name=self._server_name or UNNAMED,
                lists={kind.value: definitions for kind, definitions in offer.lists.items()},
                principal=principal,
                server_version=self._server_version,
                lists_are_public=offer.is_public,
            )
        )

    def declare(self, names: Sequence[str]) -> None:
        """State that the agent has these tools; those that were stated before are left out."""
        new = [name for name in map(printable, names) if name and name not in self.tools]
        self.tools.update(dict.fromkeys(new))
        if new:
            self._reporter.declare_tools(new, self._server_name)


def event_of(call: CallEnded, server_name: str | None) -> dict[str, Any]:
    """Return the event of a call as the API takes it; it holds digests, never an input or output."""
    started = datetime.fromtimestamp(call.started_at, timezone.utc)
    return {
        "event_id": str(make_uuid7(time.time(), secrets.randbits(RANDOM_BITS))),
        "tool_name": printable(call.tool_name) or "unnamed",
        "input_hash": call.input_hash,
        "output_hash": call.output_hash,
        "duration_ms": min(call.duration_ms, LONGEST_DURATION_MS),
        "session_id": printable(call.session_id),
        "tool_call_id": printable(call.call_id),
        "status": call.status,
        "timestamp": started.isoformat(),
        "channel": CHANNEL,
        **({"server_name": server_name} if server_name else {}),
        **({"operation": call.operation} if call.operation else {}),
        **call.trace,
        **_decision_of(call),
    }


def _decision_of(call: CallEnded) -> dict[str, Any]:
    """Return the members of an event that say what was decided."""
    if call.verdict is None:
        return {}
    rule = {"policy_rule": call.verdict.rule} if call.verdict.rule else {}
    return {"decision": call.verdict.decision, "would_block": call.verdict.would_block, **rule}


def printable(text: str) -> str:
    """Return text fit for the API and a terminal: valid Unicode without control characters, at most 255 characters."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in whole)[:LONGEST_NAME].strip()
