"""Rollups: what an agent did hour by hour, over months."""
