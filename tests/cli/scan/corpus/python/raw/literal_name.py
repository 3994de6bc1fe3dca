from typing import ClassVar, Literal

from .base import BaseAnthropicTool


class BashTool(BaseAnthropicTool):
    """Runs commands in a shell of its own."""
    name: ClassVar[Literal["bash"]] = "bash"
    api_type: ClassVar[Literal["bash_20250124"]] = "bash_20250124"

    async def __call__(self, command: str | None = None, **kwargs):
        import asyncio
        process = await asyncio.create_subprocess_shell(command)
        return await process.communicate()
