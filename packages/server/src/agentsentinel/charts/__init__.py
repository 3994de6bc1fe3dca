"""Charts of all agents over time, from rollups: never by a scan of raw events."""
