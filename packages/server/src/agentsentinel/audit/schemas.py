"""API schemas of the audit log."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.audit.actions import Action


class AuditOut(BaseModel):
    """One entry of the audit log, with names as they were at that time."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    action: Action
    actor_key_id: UUID | None = Field(
        description="Id of the acting key; null for the command line and for requests without a key"
    )
    actor_name: str
    address: str = Field(description="Client address; empty for the command line and the platform itself")
    subject_id: UUID | None = Field(description="Id of the key, agent or session that the entry is about")
    subject_name: str
    key_prefix: str = Field(description="Prefix of a refused key, if it has the format of a key")
    detail: str
    count: int = Field(description="Number of refusals within the minute; 1 for other actions")
