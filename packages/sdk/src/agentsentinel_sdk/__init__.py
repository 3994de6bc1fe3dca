"""AgentSentinel sdk."""

__version__ = "0.1.0"
