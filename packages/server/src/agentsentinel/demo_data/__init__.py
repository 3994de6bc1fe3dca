"""An agent with a past, for those who look at the platform before any of their own agents reports."""
