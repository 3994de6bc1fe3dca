"""Syntax of TypeScript and JavaScript files."""
