"""API schemas of keys."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from agentsentinel.auth.principal import KeyScope
from agentsentinel.keys.service import DEFAULT_OVERLAP, MadeKey
from agentsentinel.kit.text import Name
from agentsentinel.models import KeyRow


class KeyIn(BaseModel):
    """A new key. Keys with the scope agent are bound to one agent; others must not name one."""

    name: Name
    scope: KeyScope
    agent_id: UUID | None = None
    expires_at: AwareDatetime | None = Field(None, description="When the key expires; null: never")

    @model_validator(mode="after")
    def _bind_agent_keys_only(self) -> Self:
        if (self.scope is KeyScope.AGENT) != (self.agent_id is not None):
            raise ValueError("agent_id is needed for scope agent, and only there")
        return self


class RotationIn(BaseModel):
    """Options for the rotation of a key."""

    overlap_seconds: int = Field(
        int(DEFAULT_OVERLAP.total_seconds()),
        ge=0,
        le=30 * 86_400,
        description="How long the old key stays valid; 0 revokes it at once",
    )
    expires_at: AwareDatetime | None = Field(
        None, description="When the new key expires; null: after the same lifetime as the old key's"
    )


class KeyOut(BaseModel):
    """A key without its text, which is stored nowhere."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: KeyScope
    agent_id: UUID | None
    key_prefix: str
    key_hash: str = Field(description="HMAC-SHA256 under the server's secret")
    is_active: bool = Field(description="Whether the key is live: neither revoked nor expired")
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: UUID | None = Field(description="Id of the key that revoked it; null for the command line")
    revoked_by_name: str | None
    replaced_by: UUID | None = Field(description="Id of the key that replaced it in a rotation")

    @classmethod
    def of(cls, row: KeyRow, now: datetime) -> Self:
        """Build the schema of a stored key, live or not at this moment."""
        return cls.model_validate(row).model_copy(update={"is_active": row.is_live(now)})


class NewKeyOut(KeyOut):
    """A new key with its text, which no later answer contains."""

    key: str

    @classmethod
    def made(cls, made: MadeKey) -> Self:
        """Build the schema of a new key, with its text."""
        return cls(**KeyOut.model_validate(made.row).model_dump(), key=made.text)


class OwnKeyOut(BaseModel):
    """The properties of a key that the key itself may read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: KeyScope
    agent_id: UUID | None
    key_prefix: str
    created_at: datetime
    expires_at: datetime | None
