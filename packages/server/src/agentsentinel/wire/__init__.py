"""HTTP as this server speaks it, whatever the noun."""
