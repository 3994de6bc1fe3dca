"""Base class of the ORM models."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of the ORM models: times are timezone-aware in UTC, ids are UUIDs, lists are JSONB."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        UUID: PgUUID(as_uuid=True),
        list[str]: JSONB,
        list[dict[str, Any]]: JSONB,
    }
