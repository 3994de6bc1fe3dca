"""ORM model of pinned manifests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base

Definition = dict[str, Any]
Lists = dict[str, list[Definition]]
"""Definitions in the server's order, by the value of their `ItemKind`."""


class ManifestRow(Base):
    """What an MCP server of an agent offers to one principal, and what of it is trusted.

    The definitions themselves are read only when they are shown or compared. They are JSON and not JSONB, which would
    write some numbers in another way than the server did.
    """

    __tablename__ = "mcp_manifests"
    __table_args__ = (
        UniqueConstraint("agent_id", "server_name", "principal", name="uq_mcp_manifests_agent_server_principal"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    server_name: Mapped[str] = mapped_column(String(255))
    principal: Mapped[str] = mapped_column(String(64))
    """Digest of the credential that it is for; empty where it is for everyone."""
    server_version: Mapped[str] = mapped_column(String(255))
    lists_are_public: Mapped[bool]
    state: Mapped[str] = mapped_column(String(8))
    """A member of `ManifestState`."""
    pinned: Mapped[Lists] = mapped_column(JSON, deferred=True)
    offered: Mapped[Lists | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    """What is offered now; None while it is what is pinned."""
    pinned_digests: Mapped[dict[str, dict[str, list[str]]]] = mapped_column(JSONB)
    """Digests of the pinned definitions by kind and name."""
    kind_digests: Mapped[dict[str, str]] = mapped_column(JSONB)
    """Digest of all that is offered of each kind."""
    digest: Mapped[str] = mapped_column(CHAR(64))
    """Digest of all that is offered."""
    rejected_digest: Mapped[str | None] = mapped_column(CHAR(64))
    """What `digest` was when a person last rejected it; None after an approval."""
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)
    """Number of items offered of each kind."""
    items: Mapped[int]
    """Number of items offered."""
    changes: Mapped[list[dict[str, Any]]]
    """The worst changes, as `pinning.Change` has them."""
    changes_count: Mapped[int]
    """Number of all changes."""
    poison: Mapped[list[dict[str, Any]]]
    """Poisoned text in what is offered, as members of `PoisonedText`."""
    defects: Mapped[list[dict[str, Any]]]
    """Defects of what is offered, as members of `DefinitionDefect`."""
    pinned_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """When it began to differ from the pin, or differed in another way; None if it never did."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(255))
    """Name of the key that approved or rejected it last."""
    note: Mapped[str | None] = mapped_column(String(1000))
