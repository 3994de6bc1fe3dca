"""Stored events: listings, sessions and the live stream."""
