"""Syntax of Python files and notebooks."""
