"""API schemas of observations."""

from typing import Annotated

from pydantic import BaseModel, Field

from agentsentinel.kit.text import Name, Text
from agentsentinel_core.agents import ObservationKind


class ObservationIn(BaseModel):
    """Something that a reporter beside the agent has seen. It holds names, never content."""

    kind: ObservationKind
    detail: Annotated[Text, Field(min_length=1, max_length=255)] = Field(
        description="What was seen, such as the members of a message; never their values"
    )
    server_name: Name | None = Field(None, description="The MCP server it concerns")
