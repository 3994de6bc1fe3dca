"""Which files are read; everything else is left alone."""

PYTHON = (".py", ".pyi", ".pyw", ".ipynb")
JAVASCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
SUFFIXES = (*PYTHON, *JAVASCRIPT)
