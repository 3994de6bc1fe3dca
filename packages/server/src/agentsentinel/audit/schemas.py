"""What the API tells of the audit log."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.audit.actions import Action


class AuditOut(BaseModel):
    """One entry. Names are as they were at that time."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    action: Action
    actor_key_id: UUID | None = Field(description="The key that did it; null for the command line and for who had none")
    actor_name: str
    address: str = Field(description="The client's address; empty on the machine itself")
    subject_id: UUID | None = Field(description="The key, agent or session it was done to")
    subject_name: str
    key_prefix: str = Field(description="What lists show of a key that was refused, if it looked like one of ours")
    detail: str
    count: int = Field(description="How often within the minute; 1 for what was done")
