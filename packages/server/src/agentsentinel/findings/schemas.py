"""What the API takes and gives of findings."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

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
    snoozed_until: datetime | None = Field(description="When it opens again by itself, if somebody said so")


class FindingPatch(BaseModel):
    """A person's decision, with an optional note. It holds until the evidence changes, or until `snoozed_until`."""

    status: FindingStatus
    note: Annotated[Text, Field(max_length=2000)] | None = None
    snoozed_until: AwareDatetime | None = Field(None, description="With ACKNOWLEDGED only: open again then")

    @model_validator(mode="after")
    def _snooze_acknowledged_only(self) -> Self:
        if self.snoozed_until is not None and self.status is not FindingStatus.ACKNOWLEDGED:
            raise ValueError("snoozed_until goes with the status ACKNOWLEDGED")
        return self


class FindingOfAgentOut(FindingOut):
    """A finding with the agent it is about."""

    agent_name: str
    owner_team: str


class FindingOrder(StrEnum):
    """How findings of all agents are listed."""

    NEWEST = "newest"
    WORST = "worst"
    """By severity; among equals the newest first."""


class FindingGrouping(StrEnum):
    """What findings of all agents may be counted by."""

    RULE = "rule"
    SEVERITY = "severity"
    OWNER = "owner"
    AGENT = "agent"


class FindingGroupOut(BaseModel):
    """The findings that have something in common."""

    key: str = Field(description="What to filter by: a rule_id, severity, owner_team or agent_id")
    title: str
    severity: Severity = Field(description="The worst among them")
    findings: int
    agents: int = Field(description="How many agents they are about")


class FindingSummaryOut(BaseModel):
    """All findings that pass the filters, counted."""

    findings: int
    agents: int
    group_count: int = Field(description="All groups, whether they are listed or not")
    groups: list[FindingGroupOut]


class FindingStepOut(BaseModel):
    """One step in a finding's life."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    status: FindingStatus
    note: str | None
    snoozed_until: datetime | None
    key_id: UUID | None = Field(description="Whose key decided; null when the rules did")
    key_name: str | None


class RuleOut(BaseModel):
    """A posture rule, in words."""

    id: str
    severity: Severity
    title: str
    rationale: str
    remediation: str
    references: list[str]
    points: float = Field(description="What it takes from the posture score")
