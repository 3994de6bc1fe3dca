"""Who did what, and who was not let in."""
