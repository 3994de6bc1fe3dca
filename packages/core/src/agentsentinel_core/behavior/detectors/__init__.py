"""One file, one detector."""
