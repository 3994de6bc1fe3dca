"""Telling people, without ever making ingest wait."""
