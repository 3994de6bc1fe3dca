"""Alerts to people, sent in the background, so that ingest never waits for them."""
