"""ORM model of saved views."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from agentsentinel.models.base import Base


class SavedViewRow(Base):
    """The filters of a page under a name, as the query string of the page's address."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("page", "name", name="uq_saved_views_page_name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(2000))
    created_by: Mapped[str] = mapped_column(String(255))
    """Name of the key that saved it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
