"""Resolution of module names, as written in an import, to the scanned files they may refer to.

Nothing is imported and no search path is configured: candidates are checked against the files that exist. Absolute
Python names are looked up in every folder above the importing file and in its `src` folder, because one of them is on
the search path that an installer or the working directory sets.
"""

import posixpath
from collections.abc import Iterable, Iterator

_PYTHON = (".py", ".pyi", "/__init__.py")
_JAVASCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_AS_WRITTEN = {
    ".js": (".ts", ".tsx", ".js"),
    ".mjs": (".mts", ".mjs"),
    ".cjs": (".cts", ".cjs"),
    ".jsx": (".tsx", ".jsx"),
}
"""Suffix in an import -> suffixes of the source file; TypeScript is imported by the name of its compiled file."""


EVERYTHING = "*"
"""Name that stands for the whole file instead of a name in it."""


class Modules:
    """Index of the scanned files, looked up by the module names that other files use for them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._by_stem: dict[str, list[str]] = {}
        for path in sorted(self._paths):
            stem = path.removesuffix("/__init__.py").rpartition("/")[2].partition(".")[0]
            self._by_stem.setdefault(stem, []).append(path)

    def candidates(self, importer: str, module: str, name: str) -> Iterator[tuple[str, str]]:
        """Yield the (file, name in that file) pairs that a name of a module may refer to, most likely first."""
        if importer.endswith((".py", ".pyi", ".pyw", ".ipynb")):
            for one in module.split(","):
                yield from self._in_python(importer, one, name)
        else:
            found = self._javascript_file(importer, module)
            if found is not None:
                yield found, name

    def _in_python(self, importer: str, module: str, name: str) -> Iterator[tuple[str, str]]:
        for path in self._python_files(importer, module):
            yield path, name
        # `from .tools import mail` may name a module.
        first, _, rest = name.partition(".")
        joiner = "" if module.endswith(".") else "."
        for path in self._python_files(importer, f"{module}{joiner}{first}"):
            yield path, rest or EVERYTHING

    def _python_files(self, importer: str, module: str) -> list[str]:
        below = module.lstrip(".")
        level = len(module) - len(below)
        parts = below.replace(".", "/")
        folder = posixpath.dirname(importer)
        if level:
            for _ in range(level - 1):
                folder = posixpath.dirname(folder)
            return self._existing(posixpath.join(folder, parts) if parts else f"{folder}" if folder else "")
        found: list[str] = []
        while True:
            found += self._existing(posixpath.join(folder, parts))
            if not folder or folder in ("/", ".."):
                break
            found += self._existing(posixpath.join(folder, "src", parts))
            folder = posixpath.dirname(folder)
        found += self._existing(posixpath.join("src", parts))
        return list(dict.fromkeys(found)) or self._by_ending(parts)

    def _existing(self, stem: str) -> list[str]:
        if not stem:
            return [path for path in ("__init__.py",) if path in self._paths]
        return [stem + suffix for suffix in _PYTHON if stem + suffix in self._paths]

    def _by_ending(self, parts: str) -> list[str]:
        """Return the file whose path ends with a dotted module's name, when there is exactly one; else nothing."""
        if "/" not in parts:
            return []
        endings = tuple(f"/{parts}{suffix}" for suffix in _PYTHON)
        found = [path for path in self._by_stem.get(parts.rpartition("/")[2], ()) if path.endswith(endings)]
        return found if len(found) == 1 else []

    def _javascript_file(self, importer: str, specifier: str) -> str | None:
        if specifier.startswith("."):
            return self._javascript_path(posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier)))
        if specifier.startswith(("@/", "~/", "#/", "src/")):
            # Common aliases for the project's own source folder.
            below = specifier.partition("/")[2]
            folder = posixpath.dirname(importer)
            while True:
                for base in (posixpath.join(folder, "src", below), posixpath.join(folder, below)):
                    if found := self._javascript_path(base):
                        return found
                if not folder or folder == "/":
                    return None
                folder = posixpath.dirname(folder)
        return None

    def _javascript_path(self, base: str) -> str | None:
        stem, suffix = posixpath.splitext(base)
        tries = [stem + other for other in _AS_WRITTEN.get(suffix, ())]
        tries += [base, *(base + other for other in _JAVASCRIPT), *(f"{base}/index{other}" for other in _JAVASCRIPT)]
        return next((path for path in tries if path in self._paths), None)
