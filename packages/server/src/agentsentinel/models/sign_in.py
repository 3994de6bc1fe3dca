"""ORM models of sign-in sessions and sign-in links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base

KEY = "api_keys.id"


class SignInSessionRow(Base):
    """One session of a browser with the rights of a key. The cookie's token is stored as a keyed digest."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_sign_in_sessions_token_hash"),
        Index("ix_sign_in_sessions_key", "key_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey(KEY, ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(CHAR(64))
    client: Mapped[str] = mapped_column(String(255))
    """User-Agent of the browser."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInLinkRow(Base):
    """A link that signs in once, with the rights of a key. Its row is deleted when it is used."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(CHAR(64), primary_key=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey(KEY, ondelete="CASCADE"))
    expires_at: Mapped[datetime]
