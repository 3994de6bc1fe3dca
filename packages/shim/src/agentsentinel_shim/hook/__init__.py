"""The hook feed: coding agents report their tool calls by the hooks of their own configuration."""
