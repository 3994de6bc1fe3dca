"""The AgentSentinel server."""

__version__ = "2.0.0"
