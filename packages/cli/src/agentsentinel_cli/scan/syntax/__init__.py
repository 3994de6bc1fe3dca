"""Syntax of each language: parsing, the symbol table of a file, and the resolution of names."""
