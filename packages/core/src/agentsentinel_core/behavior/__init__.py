"""What an agent does: tool calls compared with what the agent usually does."""
