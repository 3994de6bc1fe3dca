"""What the API takes and gives of keys."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from agentsentinel.auth.principal import KeyScope
from agentsentinel.keys.service import DEFAULT_OVERLAP, MadeKey
from agentsentinel.kit.text import Name
from agentsentinel.models import KeyRow


class KeyIn(BaseModel):
    """A new key. Keys of scope agent are bound to one agent; others must not name one."""

    name: Name
    scope: KeyScope
    agent_id: UUID | None = None
    expires_at: AwareDatetime | None = Field(None, description="When it ends by itself; null: never")

    @model_validator(mode="after")
    def _bind_agent_keys_only(self) -> Self:
        if (self.scope is KeyScope.AGENT) != (self.agent_id is not None):
            raise ValueError("agent_id is needed for scope agent, and only there")
        return self


class RotationIn(BaseModel):
    """How a key is to be replaced."""

    overlap_seconds: int = Field(
        int(DEFAULT_OVERLAP.total_seconds()),
        ge=0,
        le=30 * 86_400,
        description="How long the old key goes on working; 0: not at all",
    )
    expires_at: AwareDatetime | None = Field(
        None, description="When the new key ends by itself; null: it lives as long as the old one was to live"
    )


class KeyOut(BaseModel):
    """What is known of a key; never the key itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: KeyScope
    agent_id: UUID | None
    key_prefix: str
    key_hash: str = Field(description="HMAC-SHA256 under the server's secret")
    is_active: bool = Field(description="Whether it is good now: neither revoked nor expired")
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: UUID | None = Field(description="The key that revoked it; null for the command line")
    revoked_by_name: str | None
    replaced_by: UUID | None = Field(description="The key it was rotated to")

    @classmethod
    def of(cls, row: KeyRow, now: datetime) -> Self:
        """A stored key as it is at this moment."""
        return cls.model_validate(row).model_copy(update={"is_active": row.is_live(now)})


class NewKeyOut(KeyOut):
    """A key just made, with its text: this once, never again."""

    key: str

    @classmethod
    def made(cls, made: MadeKey) -> Self:
        """A key that was made a moment ago."""
        return cls(**KeyOut.model_validate(made.row).model_dump(), key=made.text)


class OwnKeyOut(BaseModel):
    """What a key may know of itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: KeyScope
    agent_id: UUID | None
    key_prefix: str
    created_at: datetime
    expires_at: datetime | None
