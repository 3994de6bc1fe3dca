"""Suffixes of the files that a scan reads; it ignores all others."""

PYTHON = (".py", ".pyi", ".pyw", ".ipynb")
JAVASCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
SUFFIXES = (*PYTHON, *JAVASCRIPT)
