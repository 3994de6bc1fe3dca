"""Limits of what an event may hold. The server refuses what is beyond them, so reporters shorten it."""

LONGEST_NAME = 255
"""Characters of a tool's name, a server's name, or an id."""
LONGEST_DURATION_MS = 7 * 24 * 3_600_000
"""Milliseconds that one call may take: seven days, since builds and tests run for hours."""
