"""Pinned manifests: what the MCP servers of an agent offer, what of it is trusted, and what has changed since."""
