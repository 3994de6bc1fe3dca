"""Manifest of an MCP server: everything it offers that steers a model, what is wrong with it, and how it changed."""
