"""The server's configuration, without secrets, for readers of the API, and the facts stored about it."""
