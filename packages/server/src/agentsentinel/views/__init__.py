"""Saved views: filters of a page of the dashboard under a name, shared by all who read it."""
