"""ORM model of API keys, which are stored as keyed digests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, ColumnElement, Index, String, UniqueConstraint, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class KeyRow(Base):
    """One API key. Its text is shown once and never stored. `agent_id` has no foreign key, see migration 0003."""

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
    expires_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]
    """Id of the key that revoked it; None if it is not revoked, or was revoked on the command line."""
    revoked_by_name: Mapped[str | None] = mapped_column(String(255))
    replaced_by: Mapped[UUID | None]
    """Id of the key that replaced it in a rotation."""

    def is_live(self, now: datetime) -> bool:
        """Tell whether the key is live at this moment: neither revoked nor expired."""
        return self.is_active and (self.expires_at is None or self.expires_at > now)

    @classmethod
    def live_at(cls, now: datetime) -> ColumnElement[bool]:
        """Return the SQL condition for keys that are live at this moment, see `is_live`."""
        return and_(cls.is_active, or_(cls.expires_at.is_(None), cls.expires_at > now))
