"""Shared helpers without domain knowledge: database, ids, durations, pages of listings, text."""
