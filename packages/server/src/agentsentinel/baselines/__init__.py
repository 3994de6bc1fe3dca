"""What is normal for each tool of an agent, written down for people to read."""
