"""What reporters beside an agent have seen that is not a tool call."""
