from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel


class ToolContext(BaseModel):
    name: str = "context"


class ToolNode:
    def __init__(self, tools):
        self.tools = tools


class ToolCollection(list):
    name = "collection"


class SearchInput(BaseModel):
    name: str = "query"


@dataclass
class RegisteredTool:
    name: str = "registered"
    description: str = ""


class ToolLike(Protocol):
    name: str
