"""Endpoint that classifies a tool by its name, before it is granted."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from agentsentinel.auth.authorization import READERS, AuthorizedRoute, require_scopes
from agentsentinel.kit.text import Name
from agentsentinel_core.tools.capability import ToolScope
from agentsentinel_core.tools.classify import classify

router = APIRouter(prefix="/tools", tags=["tools"], route_class=AuthorizedRoute)


class ToolClassOut(BaseModel):
    """Classification of a tool by its name."""

    tool_name: str
    scope: ToolScope
    is_dangerous: bool
    capabilities: list[str]
    reasons: list[str] = Field(description="Reasons for the classification")


@router.get("/classify")
@require_scopes(*READERS)
async def classify_tool(tool_name: Annotated[Name, Query()]) -> ToolClassOut:
    """Classify one tool by its name. Nothing is stored."""
    tool = classify(tool_name)
    return ToolClassOut(
        tool_name=tool_name,
        scope=tool.scope,
        is_dangerous=tool.is_dangerous,
        capabilities=sorted(capability.value for capability in tool.capabilities),
        reasons=list(tool.reasons),
    )
