"""What a command line runs: a script, a module, code, or an MCP server through a launcher. Pure.

Only the place of a word in the command line counts. A framework's name in some argument says nothing: `python
notes-about-langchain.py` and `pytest agent.py` are not agents.
"""

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_PYTHON = re.compile(r"(?i)(?:python|pypy)[0-9.]*t?w?(?:\.exe)?\Z")
_NODE = re.compile(r"(?i)(?:node|nodejs|deno|bun|electron)(?:\.exe)?\Z")
_PYTHON_VALUE_OPTIONS = ("-W", "-X", "--check-hash-based-pycs")
_NODE_VALUE_OPTIONS = frozenset(
    [
        "-r",
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "-C",
        "--conditions",
        "--config",
        "-c",
        "--env-file",
        "--preload",
    ]
)
_NODE_CODE_OPTIONS = frozenset(["-e", "--eval", "-p", "--print"])
_NODE_VERBS = {"deno": frozenset({"run", "serve"}), "bun": frozenset({"run"})}
RUNNERS = frozenset(
    [
        "uvicorn",
        "gunicorn",
        "hypercorn",
        "granian",
        "daphne",
        "fastapi",
        "flask",
        "streamlit",
        "chainlit",
        "gradio",
        "celery",
        "mcp",
        "fastmcp",
        "langgraph",
        "adk",
        "coverage",
        "debugpy",
        "watchfiles",
    ]
)
"""Programs that run an application named in their arguments, as `module:name` or as a file."""
_APPLICATION = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::[A-Za-z_][\w.()]*)?\Z")
_PACKAGE_LAUNCHERS = {
    "npx": (),
    "bunx": (),
    "uvx": (),
    "npm": ("exec", "x"),
    "pnpm": ("dlx", "exec"),
    "yarn": ("dlx",),
    "uv": ("tool", "x"),
    "pipx": ("run",),
    "bun": ("x",),
}
"""Launcher -> the verbs with which it runs a package; none for one that does nothing else."""
_LAUNCHER_VALUE_OPTIONS = frozenset(
    ["-p", "--package", "--from", "--with", "--python", "-c", "--call", "--cache", "--registry", "--index-url"]
)
_CONTAINER_LAUNCHERS = ("docker", "podman", "nerdctl")
_CONTAINER_FLAGS = frozenset(
    [
        "-i",
        "-t",
        "-it",
        "-ti",
        "-d",
        "--rm",
        "--init",
        "--interactive",
        "--tty",
        "--detach",
        "--privileged",
        "--read-only",
        "--quiet",
        "-q",
    ]
)
_MCP_WORDS = frozenset({"mcp", "modelcontextprotocol"})
_WORD = re.compile(r"[a-z0-9]+")


class Program(NamedTuple):
    """What a process runs."""

    language: str
    """Language: "python", "node", or "launcher" for one that only starts an MCP server."""
    script: str | None = None
    module: str | None = None
    code: str | None = None
    package: str | None = None
    """Package or image that a launcher runs."""
    runner: str | None = None
    """Program that serves the script, such as `uvicorn`."""
    arguments: tuple[str, ...] = ()


def program_of(command: Sequence[str], name: str, folder: str | None) -> Program | None:
    """Return what a command line runs, or None for a program of another kind.

    Args:
        command: the words of the command line.
        name: name of the executable.
        folder: the process's working folder, where it is known.
    """
    words = _words(command)
    if not words:
        return None
    launched = _launched(words)
    if launched is not None:
        return launched
    first = os.path.basename(words[0])
    if _PYTHON.match(first) or _PYTHON.match(name):
        return _python(words[1:], folder)
    if _NODE.match(first) or _NODE.match(name):
        return _node(words, folder)
    return None


def name_of(program: Program, package: str | None = None) -> str:
    """Return the name of an agent in reports: its package's, or its script's with `_` as `-`."""
    if program.package is not None:
        return _short_package(program.package)
    if package is not None and program.language == "node":
        return package
    stem = os.path.splitext(os.path.basename(program.script or ""))[0] or (program.module or "").split(".")[-1]
    if stem in ("__main__", "__init__"):
        stem = os.path.basename(os.path.dirname(program.script or "")) or stem
    return stem.replace("_", "-") or program.language


def _words(command: Sequence[str]) -> list[str]:
    # npm sets its title to one text, `npm exec @scope/package argument`.
    if command and len([word for word in command if word]) == 1 and command[0].startswith(("npm exec ", "npx ")):
        return command[0].split()
    return [word for word in command if word]


def _python(words: Sequence[str], folder: str | None) -> Program | None:
    position = 0
    while position < len(words):
        word = words[position]
        rest = tuple(words[position + 2 :])
        if word == "-" or not word.startswith("-"):
            break
        if word.startswith(("-W", "-X")) and len(word) > 2:
            position += 1
        elif word in _PYTHON_VALUE_OPTIONS:
            position += 2
        elif not word.startswith("--") and word.endswith("m") and position + 1 < len(words):
            return _served(
                Program("python", _module_script(words[position + 1], folder), words[position + 1], arguments=rest),
                folder,
            )
        elif not word.startswith("--") and word.endswith("c") and position + 1 < len(words):
            return Program("python", code=words[position + 1], arguments=rest)
        else:
            position += 1
    if position >= len(words) or words[position] == "-":
        return Program("python")
    script = _absolute(words[position], folder)
    return _served(Program("python", script, arguments=tuple(words[position + 1 :])), folder)


def _served(program: Program, folder: str | None) -> Program:
    """Return the application that a runner serves, or the program itself."""
    runner = program.module or os.path.basename(program.script or "").removesuffix(".exe")
    if runner.split(".")[0] not in RUNNERS or folder is None:
        return program
    for word in program.arguments:
        if word.endswith(".py") or ":" in word:
            file = _absolute(word.partition(":")[0], folder)
            script = file if file.endswith(".py") and os.path.isfile(file) else None
            application = _APPLICATION.match(word)
            script = script or (_module_script(application["module"], folder) if application else None)
            if script is not None:
                return program._replace(script=script, runner=runner)
    return program


def _module_script(module: str, folder: str | None) -> str | None:
    if folder is None or not re.fullmatch(r"[\w.]+", module):
        return None
    base = os.path.join(folder, *module.split("."))
    candidates = (f"{base}.py", os.path.join(base, "__main__.py"), os.path.join(base, "__init__.py"))
    return next((path for path in candidates if os.path.isfile(path)), None)


def _node(words: Sequence[str], folder: str | None) -> Program | None:
    first = os.path.basename(words[0]).removesuffix(".exe").lower()
    verbs = _NODE_VERBS.get(first, frozenset())
    position = 1
    while position < len(words):
        word = words[position]
        if word in _NODE_CODE_OPTIONS:
            return Program("node", code=words[position + 1] if position + 1 < len(words) else "")
        if word in _NODE_VALUE_OPTIONS:
            position += 2
        elif word.startswith("-") or word in verbs:
            position += 1
        else:
            # The commands of a package are links to its scripts.
            script = os.path.realpath(_absolute(word, folder))
            return Program("node", script, arguments=tuple(words[position + 1 :]))
    return Program("node")


def _absolute(path: str, folder: str | None) -> str:
    return path if os.path.isabs(path) or folder is None else os.path.normpath(os.path.join(folder, path))


def _launched(words: Sequence[str]) -> Program | None:
    """Return the MCP server that `npx`, `uvx`, `docker run` and the like start, or None."""
    # A launcher that is a script itself is run by an interpreter: `node /usr/bin/npx ...`, `python /bin/pipx ...`.
    for start in range(min(2, len(words))):
        launcher = re.sub(r"(-cli)?(\.js|\.cmd|\.exe)?\Z", "", os.path.basename(words[start]).lower())
        rest = words[start + 1 :]
        package = None
        if launcher in _CONTAINER_LAUNCHERS:
            package = _image(rest)
        elif launcher in _PACKAGE_LAUNCHERS:
            package = _launched_package(rest, _PACKAGE_LAUNCHERS[launcher])
        if package is not None and is_mcp_package(package):
            return Program("launcher", package=package, runner=launcher, arguments=tuple(rest))
    return None


def _launched_package(words: Sequence[str], verbs: tuple[str, ...]) -> str | None:
    if verbs:
        if not words or words[0] not in verbs:
            return None
        words = words[2:] if words[:2] == ["tool", "run"] else words[1:]
    named: str | None = None
    is_value = False
    for word in words:
        if is_value:
            is_value = False
            continue
        name, equals, value = word.partition("=")
        if name in ("-p", "--package", "--from"):
            named = value if equals else _after(words, word)
        if word.startswith("-"):
            is_value = not equals and word in _LAUNCHER_VALUE_OPTIONS
        else:
            return word if named is None or is_mcp_package(word) else named
    return named


def _after(words: Sequence[str], word: str) -> str | None:
    position = list(words).index(word) + 1
    return words[position] if position < len(words) else None


def _image(words: Sequence[str]) -> str | None:
    """Return the image of `docker run`: the first word that is neither an option nor the value of one."""
    rest = iter(words)
    verbs = [next(rest, "")]
    if verbs[0] == "container":
        verbs.append(next(rest, ""))
    if verbs[-1] != "run":
        return None
    return next(_operands(rest), None)


def _operands(words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if not word.startswith("-"):
            yield word
        elif "=" not in word and word not in _CONTAINER_FLAGS:
            next(words, None)


def is_mcp_package(package: str) -> bool:
    """Whether the name of a package or image says that it is an MCP server; words count, not parts of words."""
    bare = package.lower().removeprefix("@").split("==")[0]
    return bool(_MCP_WORDS.intersection(_WORD.findall(bare)))


def _short_package(package: str) -> str:
    """Return the name without its version: `server-filesystem` of `@modelcontextprotocol/server-filesystem@1.0`."""
    scope = "@" if package.startswith("@") else ""
    bare = re.split(r"[@=<>\[]", package.removeprefix("@"))[0]
    last = bare.rsplit("/", 1)[-1].split(":")[0]
    return last if "modelcontextprotocol" in bare or not scope else f"{scope}{bare}"
