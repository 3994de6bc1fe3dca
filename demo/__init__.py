"""Programs to try AgentSentinel with; each also runs as a script."""
