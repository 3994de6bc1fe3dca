"""How long tests wait for what must come."""

PATIENCE_SECONDS = 300.0
"""A machine may be busy: whoever waits longer than this has found a fault, and not a slow machine."""
