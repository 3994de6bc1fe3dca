"""What shims enforce for an agent, and the news of its changes."""
