"""A transparent relay for MCP: bytes pass through as they came, a parsed copy becomes events and grants."""

__version__ = "2.0.0"
