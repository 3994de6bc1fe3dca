"""API schemas of the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from agentsentinel.audit.actions import Action
from agentsentinel.kit.time_spans import ALL_TIME, TimeSpan


class AuditFilters(NamedTuple):
    """Filters of a listing of the audit log; None matches all."""

    action: Action | None = None
    actor_name: str | None = None
    subject_id: UUID | None = None
    span: TimeSpan = ALL_TIME


class MentionKind(StrEnum):
    """What an id in the details of an entry means."""

    AGENT = "agent"
    KEY = "key"
    SESSION = "session"


class MentionOut(BaseModel):
    """What an id in the details of an entry means."""

    id: UUID
    kind: MentionKind
    name: str = Field(description="The name now, or the last one known; of a session, the id that the client gave it")
    is_there: bool = Field(description="Whether it still exists")


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
    mentions: list[MentionOut] = Field([], description="Names of agents, keys and sessions whose ids are in `detail`")


class ActionCountOut(BaseModel):
    """Number of entries of one action."""

    action: Action
    entries: int


class ActorCountOut(BaseModel):
    """Number of entries of one actor."""

    actor_name: str
    entries: int


class AuditSummaryOut(BaseModel):
    """All entries of a span of time, counted."""

    entries: int
    actions: list[ActionCountOut] = Field(description="Those with an entry, the most frequent first")
    actors: list[ActorCountOut] = Field(description="Those with an entry, the most active first, at most 500")
