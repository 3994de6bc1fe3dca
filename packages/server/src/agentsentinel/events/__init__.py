"""Stored events: listed, and streamed as they come."""
