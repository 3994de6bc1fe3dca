"""Agents, their tool grants, and their MCP connections."""
