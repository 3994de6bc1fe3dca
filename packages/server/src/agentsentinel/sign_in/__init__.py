"""Signing in to the dashboard: a key, or a link that works once, is traded for a cookie."""
