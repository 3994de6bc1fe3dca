"""A demo agent with a week of history, for people who try the platform before one of their agents reports."""
