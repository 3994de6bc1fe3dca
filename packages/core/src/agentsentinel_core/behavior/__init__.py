"""Behaviour: an agent's tool calls compared with its baseline."""
