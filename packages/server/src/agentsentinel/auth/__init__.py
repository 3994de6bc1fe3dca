"""Authentication of callers, by API key or dashboard cookie, and authorization by the scope of the key."""
