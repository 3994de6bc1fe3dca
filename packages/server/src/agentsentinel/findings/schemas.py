"""What the API takes and gives of findings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.kit.text import Text
from agentsentinel_core.findings import Severity


class FindingOut(BaseModel):
    """One rule that holds, or has held, for one agent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    agent_id: UUID
    severity: Severity
    finding_type: str
    rule_id: str
    title: str
    message: str
    detail: str = Field(description="The evidence, laid out for reading")
    evidence: list[str]
    fingerprint: str
    status: FindingStatus
    is_active: bool = Field(description="Whether the cause is there now, whatever a person has decided")
    note: str | None
    occurrences: int = Field(description="How often it opened")
    created_at: datetime
    last_opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


class FindingPatch(BaseModel):
    """A person's decision, with an optional note. It holds until the evidence changes."""

    status: FindingStatus
    note: Annotated[Text, Field(max_length=2000)] | None = None
