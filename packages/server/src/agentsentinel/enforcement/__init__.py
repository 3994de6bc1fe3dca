"""What shims and hooks enforce for an agent, and the news of its changes."""
