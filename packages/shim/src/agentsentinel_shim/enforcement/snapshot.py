"""What the server says about an agent that decides about its calls: `GET /agents/{id}/enforcement`, read strictly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

AUTHORITATIVE = frozenset({"declared", "listed"})
"""Origins of grants that were stated, by a person or a list; a grant that was only observed allows nothing."""


class WrongSnapshot(ValueError):
    """An answer that is not a snapshot; the message says why."""


@dataclass(frozen=True)
class Grant:
    """Permission to call one tool."""

    tool_name: str
    server_name: str = ""
    """The MCP server; empty when the grant holds for the tool wherever it comes from."""
    is_authoritative: bool = True
    rate_limit_per_hour: int | None = None

    def covers(self, server_name: str, tool_name: str) -> bool:
        """Whether it permits this tool of this server."""
        return self.tool_name == tool_name and self.server_name in ("", server_name)


@dataclass(frozen=True)
class PinnedManifest:
    """The digests of what was approved of one MCP server."""

    server_name: str
    principal: str = ""
    """Digest of whom it is for; empty where it is for everyone."""
    pinned: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Kind -> name of an item -> digests of its definitions. A kind that is missing was never listed."""


@dataclass(frozen=True)
class Snapshot:
    """The facts at one moment."""

    version: str
    agent_name: str = ""
    is_suspended: bool = False
    suspended_reason: str = ""
    status: str | None = None
    """The band of the Trust Score as of the last stored event; None while there is no score."""
    session_risk: float | None = None
    grants: tuple[Grant, ...] = ()
    manifests: tuple[PinnedManifest, ...] = ()
    by_tool: Mapping[str, tuple[Grant, ...]] = field(init=False, repr=False, compare=False)
    """The grants by the name of their tool."""

    def __post_init__(self) -> None:
        by_tool: dict[str, tuple[Grant, ...]] = {}
        for grant in self.grants:
            by_tool[grant.tool_name] = (*by_tool.get(grant.tool_name, ()), grant)
        object.__setattr__(self, "by_tool", by_tool)

    @property
    def has_authoritative_grants(self) -> bool:
        """Whether it is known at all what the agent may call."""
        return any(grant.is_authoritative for grant in self.grants)

    def pins_of(self, server_name: str, principal: str) -> Iterator[PinnedManifest]:
        """Return the manifests that hold for a principal: its own, and what is for everyone."""
        for manifest in self.manifests:
            if manifest.server_name == server_name and manifest.principal in (principal, ""):
                yield manifest

    def grants_of(self, server_name: str, tool_name: str) -> list[Grant]:
        """Return the grants that cover a tool."""
        return [grant for grant in self.by_tool.get(tool_name, ()) if grant.covers(server_name, tool_name)]


def read_snapshot(answer: object) -> Snapshot:
    """Read an answer of the server. Raises WrongSnapshot: a snapshot that is read by half would allow too much."""
    if not isinstance(answer, Mapping):
        raise WrongSnapshot("the answer is not an object")
    grants = _member(answer, "grants", list)
    return Snapshot(
        version=_member(answer, "version", str),
        agent_name=_member(answer, "agent_name", str, optional=True) or "",
        is_suspended=_member(answer, "suspended", bool),
        suspended_reason=_member(answer, "suspended_reason", str, optional=True) or "",
        status=_member(answer, "status", str, optional=True),
        session_risk=_member(answer, "session_risk", (int, float), optional=True),
        grants=tuple(_grant(grant) for grant in grants),
        manifests=tuple(_manifest(manifest) for manifest in _member(answer, "manifests", list)),
    )


def _grant(value: object) -> Grant:
    if not isinstance(value, Mapping):
        raise WrongSnapshot("a grant is not an object")
    return Grant(
        tool_name=_member(value, "tool_name", str),
        server_name=_member(value, "server_name", str, optional=True) or "",
        is_authoritative=_member(value, "origin", str) in AUTHORITATIVE,
        rate_limit_per_hour=_member(value, "rate_limit_per_hour", int, optional=True),
    )


def _manifest(value: object) -> PinnedManifest:
    if not isinstance(value, Mapping):
        raise WrongSnapshot("a manifest is not an object")
    pinned = _member(value, "pinned", dict)
    return PinnedManifest(
        server_name=_member(value, "server_name", str),
        principal=_member(value, "principal", str),
        pinned={kind: _digests(_member(pinned, kind, dict)) for kind in pinned},
    )


def _digests(names: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    found = {}
    for name in names:
        digests = _member(names, name, list)
        if not all(isinstance(digest, str) for digest in digests):
            raise WrongSnapshot("a digest is not text")
        found[name] = frozenset(digests)
    return found


def _member(value: Mapping[str, Any], name: str, kind: type | tuple[type, ...], *, optional: bool = False) -> Any:
    member = value.get(name)
    if optional and member is None:
        return None
    if not isinstance(member, kind) or (isinstance(member, bool) and kind is not bool):
        raise WrongSnapshot(f"its member {name} is missing or of a wrong type")
    return member
