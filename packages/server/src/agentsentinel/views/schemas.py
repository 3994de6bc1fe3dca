"""API schemas of saved views."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agentsentinel.kit.text import Text

MOST_PARAMETERS = 20
LONGEST_VALUE = 300
"""Characters of one parameter: as many as the dashboard reads."""
_QUERY = r"^[a-z_]{1,32}=[A-Za-z0-9%._~!$'()*+,;:@/?-]*(&[a-z_]{1,32}=[A-Za-z0-9%._~!$'()*+,;:@/?-]*)*$"


def _check_query(query: str) -> str:
    # Lengths first, so that no long text is split.
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    if len(pairs) > MOST_PARAMETERS or len(set(names)) < len(names):
        raise ValueError(f"must have at most {MOST_PARAMETERS} parameters, each once")
    if any(len(value) > LONGEST_VALUE or "\0" in value for _, value in pairs):
        raise ValueError(f"must have values of at most {LONGEST_VALUE} characters, without NUL")
    return query


ViewName = Annotated[Text, Field(min_length=1, max_length=80, pattern=r"\S")]
ViewQuery = Annotated[
    str,
    Field(
        max_length=2000,
        pattern=_QUERY,
        description="Query string of the page's address without the question mark, encoded as in a URL",
        examples=["status=ALL&team=finance"],
    ),
    AfterValidator(_check_query),
]


class ViewPage(StrEnum):
    """Page of the dashboard that has filters."""

    AGENTS = "agents"
    FINDINGS = "findings"
    EVENTS = "events"
    CAPABILITIES = "capabilities"
    AUDIT = "audit"


class ViewIn(BaseModel):
    """A new view."""

    page: ViewPage
    name: ViewName
    query: ViewQuery


class ViewPatch(BaseModel):
    """A new name or other filters of a view."""

    name: ViewName | None = None
    query: ViewQuery | None = None

    @model_validator(mode="after")
    def _change_something(self) -> Self:
        if self.name is None and self.query is None:
            raise ValueError("give a name or a query")
        return self


class ViewOut(BaseModel):
    """The filters of a page under a name."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    page: ViewPage
    name: str
    query: str
    created_by: str = Field(description="Name of the key that saved it")
    created_at: datetime
    updated_at: datetime
