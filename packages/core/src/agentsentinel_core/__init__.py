"""AgentSentinel core: the domain logic shared by server, SDK and CLI, without input or output."""

__version__ = "2.0.0"
