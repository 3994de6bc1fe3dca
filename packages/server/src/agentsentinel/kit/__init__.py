"""Shared helpers without domain knowledge: database, ids, durations, text."""
