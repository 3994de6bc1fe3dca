"""Sign-in to the dashboard: a key, or a link that works once, is exchanged for a session cookie."""
