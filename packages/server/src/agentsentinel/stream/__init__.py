"""The Redis stream `agent_events`: the news of what was stored. PostgreSQL stays the truth."""
