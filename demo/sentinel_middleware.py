"""The names that an agent imports to be monitored: the `SentinelTool` decorator and the `SentinelMiddleware` loop.

Both are part of the SDK, so an agent outside this checkout uses the same code: see docs/install.md.
"""

from agentsentinel_sdk.middleware import SentinelMiddleware, SentinelTool, Tool

__all__ = ["SentinelMiddleware", "SentinelTool", "Tool"]
