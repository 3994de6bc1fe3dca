"""All agents at one glance: what the dashboard's first page and its map of capabilities show."""
