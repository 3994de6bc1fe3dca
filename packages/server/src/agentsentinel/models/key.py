"""API keys, as keyed digests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class KeyRow(Base):
    """One key. The plaintext is shown once and never stored. `agent_id` has no foreign key, see migration 0003."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash", name="uq_api_keys_key_hash"), Index("ix_api_keys_agent", "agent_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    key_prefix: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[str] = mapped_column(CHAR(64))
    scope: Mapped[str] = mapped_column(String(8))
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    agent_id: Mapped[UUID | None]
