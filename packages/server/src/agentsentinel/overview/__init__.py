"""Summaries of all agents for the dashboard: its first page, and its map of capabilities."""
