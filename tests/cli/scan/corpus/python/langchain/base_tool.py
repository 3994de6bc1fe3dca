from typing import ClassVar, Optional, Type

from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field


class DeleteInput(BaseModel):
    path: str = Field(description="Relative path")


class DeleteFileTool(BaseTool):
    name: str = "delete_file"
    description: str = "Delete a file of the workspace."
    args_schema: Type[BaseModel] = DeleteInput

    def _run(self, path: str) -> str:
        import os
        os.remove(path)
        return "gone"


class ReadFileTool(BaseTool):
    name = "read_file"
    description = "Read a file of the workspace."

    def _run(self, path: str) -> str:
        with open(path) as handle:
            return handle.read()
