"""Enforcement: decides about calls before they are forwarded, from a snapshot of what the server knows and a policy."""
