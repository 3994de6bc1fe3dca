"""Serves the built dashboard, whose files are part of the package."""
