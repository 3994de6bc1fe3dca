"""What an agent imports to be monitored: the `SentinelTool` decorator and the `SentinelMiddleware` loop.

Both live in the SDK, so that an agent outside this checkout uses the very same: see docs/install.md.
"""

from agentsentinel_sdk.middleware import SentinelMiddleware, SentinelTool, Tool

__all__ = ["SentinelMiddleware", "SentinelTool", "Tool"]
