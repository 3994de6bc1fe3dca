"""API keys: creation, listing, rotation and revocation."""
