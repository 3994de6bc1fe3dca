"""What the API takes and gives of keys."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agentsentinel.auth.principal import KeyScope
from agentsentinel.kit.text import Name


class KeyIn(BaseModel):
    """A new key. Keys of scope agent are bound to one agent; others must not name one."""

    name: Name
    scope: KeyScope
    agent_id: UUID | None = None

    @model_validator(mode="after")
    def _bind_agent_keys_only(self) -> Self:
        if (self.scope is KeyScope.AGENT) != (self.agent_id is not None):
            raise ValueError("agent_id is needed for scope agent, and only there")
        return self


class KeyOut(BaseModel):
    """What is known of a key; never the key itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: KeyScope
    agent_id: UUID | None
    key_prefix: str
    key_hash: str = Field(description="HMAC-SHA256 under the server's secret")
    is_active: bool
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key just made, with its text: this once, never again."""

    key: str


class OwnKeyOut(BaseModel):
    """What a key may know of itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: KeyScope
    agent_id: UUID | None
    key_prefix: str
    created_at: datetime
