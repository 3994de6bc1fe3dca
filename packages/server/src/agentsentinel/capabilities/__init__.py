"""Capabilities: what agents can do through their tools, and the ways of data and instructions through them."""
