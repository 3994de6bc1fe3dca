"""Searches of text in any language: credentials, poisoned descriptions, suppression comments."""
