"""Ingest, the path that every event takes: validate, deduplicate, count, score, store, publish."""
