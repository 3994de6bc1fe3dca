"""Baselines: the normal call rate of each tool of an agent, stored for people to read."""
