"""API schemas of findings and rules."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.kit.text import Name, Text
from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan
from agentsentinel_core.findings import Severity

UNASSIGNED = "none"
"""Value of the filter `assignee` for findings without one."""
OWN = "me"
"""Value of the filter `assignee` for the name of the caller's key."""


class FindingFilters(NamedTuple):
    """Filters of a listing of findings; None matches all."""

    status: FindingStatus | None = None
    severity: Severity | None = None
    rule_id: str | None = None
    owner_team: str | None = None
    agent_id: UUID | None = None
    opened: TimeSpan = ALL_TIME
    """When they last opened."""
    ids: tuple[UUID, ...] = ()
    """Only these; all where it is empty."""
    words: tuple[str, ...] = ()
    """Words that all have to occur in the finding's texts or its agent's name or team."""
    assignee: str | None = None
    """Name of the assignee; `UNASSIGNED` matches findings without one."""
    due_before: date | None = None
    """Only those that are not resolved and were due before this day."""


class FindingOut(BaseModel):
    """One posture rule that fires, or has fired, for one agent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    agent_id: UUID
    severity: Severity
    finding_type: str
    rule_id: str
    title: str
    message: str
    detail: str = Field(description="The evidence, formatted for people")
    evidence: list[str]
    fingerprint: str
    status: FindingStatus
    is_active: bool = Field(description="Whether the rule fires now, whatever a person has decided")
    note: str | None
    occurrences: int = Field(description="How often the finding has opened")
    created_at: datetime
    last_opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    snoozed_until: datetime | None = Field(description="When a snoozed finding opens again")
    assignee: str | None = Field(description="Name of the key whose owner handles it; it stays when the key is revoked")
    due_on: date | None = Field(description="Last day, in UTC, on which it is to be resolved")


class FindingPatch(BaseModel):
    """A person's decision: a status, an assignment or both, with an optional note.

    A status holds until the evidence changes, or until `snoozed_until`; an assignment until it is changed.
    """

    status: FindingStatus | None = None
    note: Annotated[Text, Field(max_length=2000)] | None = None
    snoozed_until: AwareDatetime | None = Field(
        None, description="When the finding opens again; with ACKNOWLEDGED only"
    )

    assignee: Name | None = Field(
        None, description="Name of a live admin or readonly key; null for none, absent for no change"
    )
    due_on: date | None = Field(
        None, description="Last day, in UTC, on which it is to be resolved: today or later; null for none"
    )

    @model_validator(mode="after")
    def _decide_something(self) -> Self:
        if self.status is None and not self.model_fields_set & {"assignee", "due_on"}:
            raise ValueError("give a status, an assignee or a due date")
        return self

    @model_validator(mode="after")
    def _snooze_acknowledged_only(self) -> Self:
        if self.snoozed_until is not None and self.status is not FindingStatus.ACKNOWLEDGED:
            raise ValueError("snoozed_until goes with the status ACKNOWLEDGED")
        return self

    def describe_decision(self) -> str:
        """Describe what was decided, for the audit log."""
        words = [] if self.status is None else [self.status.value]
        if "assignee" in self.model_fields_set:
            words.append(f"assignee {self.assignee or UNASSIGNED}")
        if "due_on" in self.model_fields_set:
            words.append(f"due {self.due_on or 'at no date'}")
        return ", ".join(words)


class FindingFilterIn(BaseModel):
    """Filters of a listing of findings, all of which must fit. An empty one fits all."""

    model_config = ConfigDict(extra="forbid")

    status: FindingStatus | None = None
    severity: Severity | None = None
    rule_id: Annotated[Text, Field(max_length=64)] | None = None
    owner_team: Annotated[Text, Field(max_length=128)] | None = None
    agent_id: UUID | None = None
    since: AwareDatetime | None = Field(None, description="Those that last opened at this time or later")
    until: AwareDatetime | None = Field(None, description="Those that last opened before this time")
    assignee: Name | None = Field(None, description="Name of the assignee; `none`: without one; `me`: the caller's")
    overdue: bool = Field(False, description="Only those that are past their due date and not resolved")
    q: Annotated[Text, Field(max_length=300)] | None = None


MOST_IDS = 1_000


class BulkDecisionIn(FindingPatch):
    """One decision about many findings: those with these ids, or all that pass a filter."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_IDS)] | None = None
    filter: FindingFilterIn | None = None

    @model_validator(mode="after")
    def _name_the_findings_once(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("name the findings by ids or by filter, one of the two")
        return self

    def filters(self, own_name: str, today: date) -> FindingFilters:
        """Build the filters of the findings that are meant, for the caller whose key has this name."""
        if self.filter is None:
            return FindingFilters(ids=tuple(self.ids or ()))
        given = self.filter
        return FindingFilters(
            given.status,
            given.severity,
            given.rule_id,
            given.owner_team,
            given.agent_id,
            TimeSpan(given.since, given.until),
            words=tuple((given.q or "").split()),
            assignee=own_name if given.assignee == OWN else given.assignee,
            due_before=today if given.overdue else None,
        )

    def describe(self) -> str:
        """Describe which findings are meant, for the audit log."""
        if self.filter is None:
            return f"{len(self.ids or ())} chosen one by one"
        given = self.filter.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return ", ".join(f"{name} {value}" for name, value in given.items()) or "all findings"


class BulkDecisionOut(BaseModel):
    """What one decision about many findings did."""

    matched: int = Field(description="Findings that were meant")
    changed: int = Field(description="Findings that were changed; the others were as decided already")


class FindingOfAgentOut(FindingOut):
    """A finding with the name and team of its agent."""

    agent_name: str
    owner_team: str


class FindingOrder(StrEnum):
    """Order in which findings of all agents are listed."""

    NEWEST = "newest"
    WORST = "worst"
    """Most severe first; findings of the same severity, newest first."""
    DUE = "due"
    """Earliest due date first, those without one last; findings of the same day, oldest first."""


class FindingGrouping(StrEnum):
    """Property by which findings of all agents are grouped and counted."""

    RULE = "rule"
    SEVERITY = "severity"
    OWNER = "owner"
    AGENT = "agent"


class FindingGroupOut(BaseModel):
    """The findings with the same rule, severity, owner or agent."""

    key: str = Field(description="Value to filter by: a rule_id, severity, owner_team or agent_id")
    title: str
    severity: Severity = Field(description="The worst severity in the group")
    findings: int
    agents: int = Field(description="How many agents have findings in the group")


class FindingSummaryOut(BaseModel):
    """All findings that pass the filters, counted."""

    findings: int
    agents: int
    group_count: int = Field(description="Number of all groups, listed or not")
    groups: list[FindingGroupOut]


class FindingStepOut(BaseModel):
    """One change of a finding's status, or of its assignee and due date."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    status: FindingStatus
    note: str | None
    snoozed_until: datetime | None
    key_id: UUID | None = Field(description="Key that made the decision; null when the rules did")
    key_name: str | None
    is_assignment: bool = Field(description="Whether assignee or due date changed, and not the status")
    assignee: str | None
    due_on: date | None


class AssigneeOut(BaseModel):
    """A name that findings are or may be assigned to."""

    name: str
    is_live: bool = Field(description="Whether a live admin or readonly key has this name, which an assignment needs")
    findings: int = Field(description="Findings assigned to it that are not resolved")


class RuleOut(BaseModel):
    """A posture rule with its texts and points."""

    id: str
    severity: Severity
    title: str
    rationale: str
    remediation: str
    references: list[str]
    points: float = Field(description="Points that a finding of the rule takes from the posture score")
