"""Background work after an event is stored: scoring, alerts, housekeeping. All of it is idempotent."""
