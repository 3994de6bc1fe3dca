"""API schemas of pinned manifests."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.kit.text import Name, Text
from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_core.severity import Severity

MOST_ITEMS = 2_000
"""Items of one manifest."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Definitions = Annotated[list[dict[str, Any]], Field(max_length=MOST_ITEMS)]


class ManifestIn(BaseModel):
    """What an MCP server offers now, as far as it was listed: definitions as the server states them."""

    server_name: Name
    principal: Annotated[str, Field(pattern="^[0-9a-f]{0,64}$")] = Field(
        "", description="Keyed digest of the credential that the lists are for; empty for everyone"
    )
    server_version: Annotated[Text, Field(max_length=255)] | None = Field(None, description="As the server states it")
    lists_are_public: bool | None = Field(None, description="Whether the server lets caches share its lists")
    lists: dict[ItemKind, Definitions] = Field(
        description="Whole lists by kind, also empty ones. Kinds that were not listed are absent and stay as they were."
        " `instructions` holds one object with the member `text`, or nothing"
    )


class DecisionIn(BaseModel):
    """Decision about what a server offers now."""

    digest: Digest = Field(description="The `digest` of the manifest that was read; another one is refused")
    note: Annotated[Text, Field(min_length=1, max_length=1000)] | None = None


class ManifestState(StrEnum):
    """State of a manifest."""

    APPROVED = "approved"
    """The server offers what is pinned."""
    CHANGED = "changed"
    """The server offers something else, and nothing was decided about that."""
    REJECTED = "rejected"
    """The server offers something else, which was rejected."""


class DefinitionChangeOut(BaseModel):
    """One difference between what is pinned and what is offered."""

    item: str = Field(description="Kind and name, such as `tool send_email`")
    what: str = Field(description="What happened to it, such as `reworded: description`")
    severity: Severity


class DefinitionDiffOut(DefinitionChangeOut):
    """One difference with its text."""

    lines: list[str] = Field(description="Unified diff; each line begins with a space, `-` or `+`")


class ItemOut(BaseModel):
    """One thing that a server offers."""

    kind: ItemKind
    name: str = Field(description="Name or URI; empty for instructions")
    digest: str = Field(description="SHA-256 of the canonical JSON of the definition")
    definition: dict[str, Any]


class ManifestOut(BaseModel):
    """What an MCP server offers to one principal, in numbers, and how it differs from what is pinned."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    agent_id: UUID
    server_name: str
    principal: str = Field(description="Keyed digest of the credential that it is for; empty for everyone")
    server_version: str = Field(description="As the server states it; empty if it does not")
    state: ManifestState
    digest: str = Field(description="Digest of all that is offered now, which a decision names")
    counts: dict[ItemKind, int] = Field(description="Number of items offered, for each kind that was listed")
    changes: list[DefinitionChangeOut] = Field(description="The worst differences from what is pinned, the worst first")
    changes_count: int = Field(description="Number of all differences")
    pinned_at: datetime = Field(description="When it was first seen or last approved")
    last_seen_at: datetime
    changed_at: datetime | None = Field(description="When it last began to differ; null if it never did")
    decided_at: datetime | None = Field(description="When it was last approved or rejected")
    decided_by: str | None = Field(description="Name of the key that did so")
    note: str | None = Field(description="Note of that decision")


class ManifestDetail(ManifestOut):
    """A manifest with its definitions and diffs."""

    pinned: list[ItemOut] = Field(description="What is trusted")
    offered: list[ItemOut] = Field(description="What the server offers now")
    diffs: list[DefinitionDiffOut] = Field(
        description="The worst differences with their text, in the order of `changes`"
    )
