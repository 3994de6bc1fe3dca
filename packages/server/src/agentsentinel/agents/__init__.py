"""Agents, what they may do, and what they are connected to."""
