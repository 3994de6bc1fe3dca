"""API schemas of sign-in sessions."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from agentsentinel.auth.principal import KeyScope
from agentsentinel.kit.text import Text

Secret = Annotated[Text, Field(min_length=1, max_length=200)]


class SignIn(BaseModel):
    """The credential that is exchanged for a session: an API key, or the token of a sign-in link."""

    key: Secret | None = None
    link_token: Secret | None = None

    @model_validator(mode="after")
    def _need_one(self) -> Self:
        if (self.key is None) == (self.link_token is None):
            raise ValueError("send either key or link_token")
        return self


class SessionOut(BaseModel):
    """A browser that is signed in, with the rights of a key."""

    id: UUID
    key_id: UUID
    key_name: str
    scope: KeyScope
    client: str = Field(description="User-Agent of the browser")
    created_at: datetime
    expires_at: datetime
    is_own: bool = Field(description="Whether this request uses the session")


class OwnSessionOut(BaseModel):
    """The caller: a key, or a session with the rights of a key."""

    key_id: UUID
    key_name: str
    scope: KeyScope
    session_id: UUID | None = Field(description="Id of the session; null when the key itself is used")
    expires_at: datetime | None
