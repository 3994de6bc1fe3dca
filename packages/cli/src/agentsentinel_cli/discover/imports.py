"""Frameworks that a program imports, read from its own source: the script and the files of its project that it imports.

Nothing is imported or run. Reading is bounded in files and bytes, since it happens for every interpreter on a host.
"""

import json
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from agentsentinel_cli.scan.recognize.javascript.collector import framework_of as framework_of_package
from agentsentinel_cli.scan.recognize.python.frameworks import framework_of_module
from agentsentinel_core.light_dataclasses import dataclass

MOST_BYTES = 256 * 1024
"""Bytes of one file that are read; imports stand at the top."""
MOST_FILES = 64
_MOST_IMPORTS = 2_000
"""Imports of one file; source that people write has hundreds at most."""
_AGENTS_NAMES = frozenset(
    [
        "Agent",
        "Runner",
        "RunConfig",
        "RunContextWrapper",
        "ModelSettings",
        "GuardrailFunctionOutput",
        "InputGuardrail",
        "OutputGuardrail",
        "SQLiteSession",
        "function_tool",
        "handoff",
        "trace",
        "input_guardrail",
        "set_default_openai_client",
        "set_default_openai_key",
    ]
)
"""Names of the OpenAI Agents SDK; `agents` alone is the name of many a project's own package."""
_MONITORS = ("agentsentinel_", "@agentsentinel/")
_BARE_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*|\brequire\s*\(\s*|\bimport\s*\(\s*)["']([^"'\n\\]{1,200})["']""")
_STATEMENT = re.compile(
    r"""#[^\n]*"""
    r"""|\"\"\"(?s:\\.|[^\\])*?\"\"\"|'''(?s:\\.|[^\\])*?'''"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    r"""|(?m:^)(?P<indent>[ \t]*)if[ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:[^\n]*"""
    r"""(?:\n(?P=indent)[ \t]+\S[^\n]*|\n[ \t]*(?=\n))*"""
    r"""|(?m:^|(?<=[;:]))[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]*"""
    r"""(?P<names>\([^)]{0,4000}\)|[^\n;#]*)"""
    r"""|import[ \t]+(?P<modules>[\w. ,\t]+))"""
)
"""A comment, a string, a block for type checkers, or a statement that imports; only the last is looked into."""
_COMMENT = re.compile(r"#[^\n]*")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_SCRIPT_COMMENT = re.compile(r"(?m:^)[ \t]*//[^\n]*|(?:(?m:^)|(?<=[\s;{},]))/\*(?s:.*?)(?:\*/|\Z)")
"""A comment of JavaScript. Within a line it follows a space: `"/api/*"` begins none, and one without end goes on."""
_SCRIPT_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx")
_PACKAGE_LEVELS = 8


@dataclass(frozen=True, slots=True)
class ImportedFrameworks:
    """What a program's source shows."""

    frameworks: frozenset[str] = frozenset()
    """Names of the scanner's catalogue."""
    is_monitored: bool = False
    """Whether it imports an adapter or the SDK of AgentSentinel."""
    files: tuple[str, ...] = ()
    """Files that were read, the script first."""
    package: str | None = None
    """Name of a Node package that the script belongs to."""
    evidence: tuple[str, ...] = ()
    is_unreadable: bool = False


def read_python(script: str, roots: Sequence[str], later_roots: Sequence[str] = ()) -> ImportedFrameworks:
    """Read a Python script and the modules of its project.

    Modules are looked up in `roots`, where they shadow installed packages, then among the known frameworks, then in
    `later_roots` (`PYTHONPATH`).
    """
    return _PythonReader(roots, later_roots).read(script)


def read_python_code(code: str, roots: Sequence[str]) -> ImportedFrameworks:
    """Read the code that `python -c` runs, and the modules of its project."""
    return _PythonReader(roots, ()).read_code(code)


class _PythonReader:
    def __init__(self, roots: Sequence[str], later_roots: Sequence[str]) -> None:
        self._roots = tuple(roots)
        self._later_roots = tuple(later_roots)
        self._waiting: deque[str] = deque()
        self._seen: dict[str, None] = {}
        self._found: dict[str, str] = {}
        self._is_monitored = False
        self._is_unreadable = False

    def read(self, script: str) -> ImportedFrameworks:
        self._follow(script)
        while self._waiting:
            self._read_file(self._waiting.popleft())
        return self._result()

    def _follow(self, path: str) -> None:
        if path not in self._seen and len(self._seen) < MOST_FILES:
            self._seen[path] = None
            self._waiting.append(path)

    def _read_file(self, path: str) -> None:
        text = read_bounded(path)
        if text is None:
            self._is_unreadable = self._is_unreadable or len(self._seen) == 1
            return
        self._read_text(text, path)

    def read_code(self, code: str) -> ImportedFrameworks:
        """Read the text of `python -c`."""
        self._read_text(code[:MOST_BYTES], "-c")
        while self._waiting:
            self._read_file(self._waiting.popleft())
        return self._result()

    def _read_text(self, text: str, path: str) -> None:
        for imported in dict.fromkeys(islice(_python_imports(text), _MOST_IMPORTS)):
            if imported.level:
                folder = path
                for _ in range(imported.level):
                    folder = os.path.dirname(folder)
                self._follow_module(folder, imported)
            else:
                self._take(imported, path)

    def _take(self, imported: "_Import", path: str) -> None:
        if self._resolve(imported, self._roots):
            return
        if imported.module.startswith(_MONITORS):
            self._is_monitored = True
        elif _framework(imported.module) is not None:
            if imported.module.split(".")[0] != "agents" or _AGENTS_NAMES.intersection(imported.names):
                self._found.setdefault(imported.module, path)
        else:
            self._resolve(imported, self._later_roots)

    def _resolve(self, imported: "_Import", roots: Sequence[str]) -> bool:
        """Follow a module of the project; return whether it is one."""
        for root in roots:
            if _module_file(root, imported.module.split(".")[0]) is not None:
                self._follow_module(root, imported)
                return True
        return False

    def _follow_module(self, folder: str, imported: "_Import") -> None:
        """Follow a module, and the names imported from it that are modules themselves."""
        prefix = f"{imported.module}." if imported.module else ""
        for dotted in (imported.module, *(f"{prefix}{name}" for name in imported.names)):
            file = _module_file(folder, dotted) if dotted else None
            if file is not None and os.path.isfile(file):
                self._follow(file)

    def _result(self) -> ImportedFrameworks:
        evidence = tuple(f"{os.path.basename(path)} imports {name}" for name, path in sorted(self._found.items()))
        names = frozenset(name for module in self._found if (name := _framework(module)) is not None)
        return ImportedFrameworks(
            names, self._is_monitored, tuple(self._seen), None, evidence, is_unreadable=self._is_unreadable
        )


class _Import(NamedTuple):
    module: str
    names: tuple[str, ...]
    level: int = 0
    """Number of leading dots of a relative import."""


def _framework(module: str) -> str | None:
    # Integration packages of LangChain are too many for a table: langchain_google_genai, langchain_aws, ...
    return framework_of_module(module) or ("langchain" if module.startswith("langchain_") else None)


def _module_file(root: str, dotted: str) -> str | None:
    """Return the file of a module below a folder, or the folder of a namespace package; None when there is neither."""
    base = os.path.join(root, *dotted.split("."))
    for candidate in (f"{base}.py", os.path.join(base, "__init__.py")):
        if os.path.isfile(candidate):
            return candidate
    return base if os.path.isdir(base) and _holds_python(base) else None


def _holds_python(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".py") for entry, _ in zip(entries, range(1000), strict=False))
    except OSError:
        return False


def _python_imports(text: str) -> Iterator[_Import]:
    """Yield each imported module with the names taken from it.

    Reads statements, not a syntax tree: hundreds of processes are looked at, a tree takes ten times as long, and source
    for another version of Python has imports, too.
    """
    for statement in _STATEMENT.finditer(text):
        if statement["module"]:
            dotted = statement["module"].lstrip(".")
            names = (
                _IDENTIFIER.match(name.strip())
                for name in _COMMENT.sub("", statement["names"]).strip("() \t\n").split(",")
            )
            found = tuple(name[0] for name in names if name is not None)
            yield _Import(dotted, found, len(statement["module"]) - len(dotted))
        elif statement["modules"]:
            for part in statement["modules"].split(","):
                module, _, alias = (word.strip() for word in part.partition(" as "))
                if _DOTTED.fullmatch(module):
                    yield _Import(module, _attributes(text, alias or module) if module == "agents" else ())


def _attributes(text: str, name: str) -> tuple[str, ...]:
    return tuple(set(re.findall(rf"\b{re.escape(name)}\.(\w{{1,60}})", text)))


def read_bounded(path: str, most: int = MOST_BYTES) -> str | None:
    """Return the beginning of a regular file as text, cut at a line; None when it cannot be read."""
    try:
        # A FIFO or device in the place of a script would block or never end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with open(descriptor, "rb") as stream:
            if not os.path.isfile(path):
                return None
            data = stream.read(most + 1)
    except (OSError, ValueError):
        return None
    if len(data) > most:
        data = data[: data.rfind(b"\n", 0, most) + 1]
    return data.decode("utf-8-sig", "replace")


def read_node(script: str) -> ImportedFrameworks:
    """Read a script of Node, Deno or Bun and the files of its project that it imports; bundles go by their package."""
    seen: dict[str, None] = {script: None}
    waiting = deque([script])
    found: dict[str, str] = {}
    is_monitored = is_unreadable = False
    while waiting:
        path = waiting.popleft()
        text = read_bounded(path)
        if text is None:
            is_unreadable = is_unreadable or path == script
            continue
        for name in _BARE_IMPORT.findall(_without_comments(text)):
            if name.startswith("."):
                file = _script_file(os.path.dirname(path), name)
                if file is not None and file not in seen and len(seen) < MOST_FILES:
                    seen[file] = None
                    waiting.append(file)
            elif name.startswith(_MONITORS):
                is_monitored = True
            elif framework_of_package(name) is not None:
                found.setdefault(name, os.path.basename(path))
    package = _package_of(script)
    evidence = [f"{file} imports {name}" for name, file in sorted(found.items())]
    if not found and package is not None:
        # A bundle holds its packages' code and imports none of them.
        found = {name: "package.json" for name in package[1] if framework_of_package(name) is not None}
        evidence = [f"package.json of {package[0]} depends on {name}" for name in sorted(found)]
    frameworks = frozenset(name for each in found if (name := framework_of_package(each)) is not None)
    return ImportedFrameworks(
        frameworks, is_monitored, tuple(seen), package[0] if package else None, tuple(evidence), is_unreadable
    )


def _without_comments(text: str) -> str:
    return _SCRIPT_COMMENT.sub("", text)


def _script_file(folder: str, name: str) -> str | None:
    base = os.path.normpath(os.path.join(folder, name))
    stem, suffix = os.path.splitext(base)
    candidates = [base, *(f"{base}{end}" for end in _SCRIPT_SUFFIXES)]
    candidates += [os.path.join(base, f"index{end}") for end in _SCRIPT_SUFFIXES]
    # TypeScript writes `./a.js` for the file `a.ts`.
    candidates += [f"{stem}{end}" for end in (".ts", ".mts", ".tsx")] if suffix in (".js", ".mjs") else []
    return next((path for path in candidates if path.endswith(_SCRIPT_SUFFIXES) and os.path.isfile(path)), None)


def _package_of(script: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the name and dependencies of the package that a script belongs to, or None."""
    folder = os.path.dirname(script)
    for _ in range(_PACKAGE_LEVELS):
        file = os.path.join(folder, "package.json")
        if os.path.isfile(file):
            return _package(read_bounded(file), folder)
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return None


def _package(text: str | None, folder: str) -> tuple[str, tuple[str, ...]] | None:
    try:
        document = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    name = document.get("name")
    dependencies = document.get("dependencies")
    return (
        name if isinstance(name, str) and name else os.path.basename(folder),
        tuple(map(str, dependencies)) if isinstance(dependencies, dict) else (),
    )


def roots_of(script: str, folder: str | None, *, is_module: bool) -> tuple[str, ...]:
    """Return where a script finds its own modules: its folder, and for a module the working folder."""
    own = os.path.dirname(script)
    return tuple(dict.fromkeys(root for root in ((folder, own) if is_module else (own,)) if root))


def site_packages(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the `site-packages` folders among the parents of some files."""
    found = dict.fromkeys(
        path[: position + len(name)]
        for path in paths
        for name in (f"{os.sep}site-packages", f"{os.sep}dist-packages")
        if (position := path.find(f"{name}{os.sep}")) >= 0
    )
    return tuple(found)
