"""Recorded calls and what a policy would do about them."""
