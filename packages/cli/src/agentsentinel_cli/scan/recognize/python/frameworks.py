"""Mapping of imports to frameworks."""

from agentsentinel_cli.scan.catalog.frameworks import CLIENT_LIBRARIES, PYTHON_PACKAGES, PYTHON_SUBPACKAGES
from agentsentinel_cli.scan.model import Symbol
from agentsentinel_cli.scan.syntax.python.scopes import SymbolTable


def framework_of_module(name: str) -> str | None:
    """Return the framework of a dotted module; None for other packages and for relative imports."""
    for prefix, framework in PYTHON_SUBPACKAGES:
        if name == prefix or name.startswith(prefix + "."):
            return framework
    return PYTHON_PACKAGES.get(name.split(".", 1)[0])


def framework_of(symbol: Symbol | None) -> str | None:
    """Return the framework that an imported symbol belongs to, or None."""
    return framework_of_module(symbol.module) if symbol is not None else None


def framework_of_file(module: SymbolTable) -> str | None:
    """Return the framework that a file imports, the default for tools without a more specific one; None without any."""
    found = [framework for name in sorted(module.imported_modules) if (framework := framework_of_module(name))]
    strong = [framework for framework in found if framework not in CLIENT_LIBRARIES]
    chosen = strong or found
    return chosen[0] if chosen else None
