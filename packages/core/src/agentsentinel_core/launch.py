"""What a command line of an MCP server starts: packages that are fetched when it runs, and folders it is given.

Clients start most servers by a runner (`npx -y pkg`, `uvx pkg`, `docker run image`), which fetches the newest release
unless the command names one. The forms of each runner are those of its own documentation.
"""

import re
import shlex
from collections.abc import Sequence

from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.tools.words import word_set

_MOST_WRAPPERS = 5
_LONGEST_LINE = 20_000
"""Characters of a shell's command line that are looked at."""
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})
_NPM_RUNNERS: dict[str, tuple[frozenset[str], ...]] = {
    "npx": (),
    "bunx": (),
    "pnpx": (),
    "npm": (frozenset({"exec", "x"}),),
    "pnpm": (frozenset({"dlx"}),),
    "yarn": (frozenset({"dlx"}),),
    "bun": (frozenset({"x"}),),
}
_PYTHON_RUNNERS: dict[str, tuple[frozenset[str], ...]] = {
    "uvx": (),
    "uv": (frozenset({"tool"}), frozenset({"run"})),
    "pipx": (frozenset({"run"}),),
}
"""Runner -> the words that must follow it, in this order."""
_CONTAINER_RUNNERS = frozenset({"docker", "podman", "nerdctl"})

_NPM_VALUES = frozenset(
    {"-c", "--call", "--registry", "--cache", "--userconfig", "-w", "--workspace", "--node-options"}
)
_NPM_PACKAGES = frozenset({"-p", "--package"})
_NPM_LOCAL = frozenset({"--no", "--no-install", "--offline"})
_PYTHON_VALUES = word_set(
    """
    --python -p --index --index-url -i --extra-index-url --default-index --find-links -f --with-editable --directory
    --project --env-file --constraints -c --with-requirements --refresh-package --cache-dir --config-file --pip-args
    """
)
_PYTHON_PACKAGES = frozenset({"--from", "--with", "--spec"})
_CONTAINER_FLAGS = word_set(
    """
    --rm --init --interactive --tty --detach --privileged --read-only --publish-all --no-healthcheck --sig-proxy
    --oom-kill-disable --quiet --replace
    """
)
"""Options of `docker run` without a value; each other one has a value."""

_EXACT_NPM = lazy_compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?\Z")
_EXACT_PYTHON = lazy_compile(r"===?\s*[\w.!+-]+\Z")
_EXACT_TAG = lazy_compile(r"v?\d+\.\d+|\d{4}-?\d{2}-?\d{2}|(?:[\w.]+-)?[0-9a-f]{7,64}\Z")
_VARIABLE = lazy_compile(r"[$%{]")
_LOCAL = lazy_compile(r"[./~\\]|file:|https?:|[A-Za-z]:[\\/]")
_GIT = lazy_compile(r"(?:git\+|git@|git://|github:|gitlab:|bitbucket:)")

_WHOLE = lazy_compile(
    r"/|~|(?:/home|/Users|[A-Za-z]:[\\/]Users)(?:[\\/][^\\/]+)?|/root|/etc|/var|[A-Za-z]:[\\/]?"
    r"|\$\{?HOME\}?|\$\{(?:env:)?HOME\}|%USERPROFILE%|\$\{userHome\}"
)
"""A whole disk, the homes of all users, or one whole home."""


def unwrapped(words: Sequence[str]) -> list[str]:
    """Return a command line without what only starts it: `env`, `cmd /c`, `sh -c`, `sentinel shim --stdio ... --`."""
    rest = list(words)
    for _ in range(_MOST_WRAPPERS):
        inner = _inner(rest)
        if inner is None:
            break
        rest = inner
    return rest


def unpinned_packages(words: Sequence[str]) -> tuple[str, ...]:
    """Return the packages and images that a command line fetches without naming one version of them."""
    command = unwrapped(words)
    if not command:
        return ()
    name = _program(command[0])
    if (rest := _after(command, name, _NPM_RUNNERS)) is not None:
        return tuple(spec for spec in _npm_packages(rest) if not _is_pinned_npm(spec))
    if (rest := _after(command, name, _PYTHON_RUNNERS)) is not None:
        return tuple(spec for spec in _python_packages(rest) if not _is_pinned_python(spec))
    if name == "deno":
        remote = [word for word in command[1:] if word.startswith(("npm:", "jsr:"))][:1]
        return tuple(spec for spec in remote if not _is_pinned_npm(spec.partition(":")[2]))
    image, _ = _container(command)
    return (image,) if image and not _is_pinned_image(image) else ()


def broad_folders(words: Sequence[str]) -> tuple[str, ...]:
    """Return the folders that a filesystem server or a container is given and that hold far more than one project."""
    command = unwrapped(words)
    image, mounted = _container(command)
    if image:
        return tuple(folder for folder in mounted if is_broad(folder))
    if not any("filesystem" in word.lower() and not is_broad(word) for word in command):
        return ()
    return tuple(dict.fromkeys(word for word in command[1:] if is_broad(word)))


def is_broad(folder: str) -> bool:
    """Whether a folder is a whole disk, the homes of all users, or one whole home."""
    return _WHOLE.fullmatch(folder.rstrip("/\\") or folder[:1]) is not None or _WHOLE.fullmatch(folder) is not None


def _inner(words: list[str]) -> list[str] | None:
    """Return the command inside a wrapper; None for what is not one."""
    name, rest = (_program(words[0]), words[1:]) if words else ("", [])
    if name in ("exec", "sudo", "nohup"):
        return rest
    if name in ("env", "cmd"):
        return _without_leading(rest, "/" if name == "cmd" else "-", has_variables=name == "env")
    if name in _SHELLS and len(rest) > 1 and rest[0].startswith("-") and rest[0].endswith("c"):
        return _last_command(rest[1])
    if name == "sentinel" and rest[:1] == ["shim"] and "--" in rest:
        return rest[rest.index("--") + 1 :]
    return None


def _without_leading(words: list[str], sign: str, *, has_variables: bool) -> list[str]:
    """Return the words after the options of a wrapper, and after its variables where it takes any."""
    at = 0
    while at < len(words) and (words[at].startswith(sign) or (has_variables and "=" in words[at])):
        at += 1
    return words[at:]


def _last_command(line: str) -> list[str]:
    try:
        return shlex.split(re.split(r"&&|;|\n", line[:_LONGEST_LINE].strip().rstrip(";"))[-1])
    except ValueError:  # a quotation mark without its partner
        return []


def _program(word: str) -> str:
    name = re.split(r"[\\/]", word)[-1].lower()
    return name.removesuffix(".exe").removesuffix(".cmd").removesuffix(".ps1")


def _after(command: list[str], name: str, runners: dict[str, tuple[frozenset[str], ...]]) -> list[str] | None:
    """Return the words after a runner and its own; None when it is another program or does something else."""
    expected = runners.get(name)
    if expected is None:
        return None
    rest = command[1:]
    for words in expected:
        if not rest or rest[0] not in words:
            return None
        rest = rest[1:]
    return rest


def _packages(words: list[str], with_value: frozenset[str], with_package: frozenset[str]) -> tuple[list[str], str]:
    """Return the packages that options name, and the first word that is not an option."""
    named: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        option, equals, value = word.partition("=")
        if word == "--":
            return named, words[at + 1] if at + 1 < len(words) else ""
        if not word.startswith("-"):
            return named, word
        if option in with_package:
            named.append(value if equals else next(iter(words[at + 1 :]), ""))
        at += 1 + (not equals and option in with_package | with_value)
    return named, ""


def _npm_packages(words: list[str]) -> list[str]:
    if not _NPM_LOCAL.isdisjoint(words):
        return []
    named, first = _packages(words, _NPM_VALUES, _NPM_PACKAGES)
    return [spec for spec in named or [first] if spec]


def _python_packages(words: list[str]) -> list[str]:
    named, first = _packages(words, _PYTHON_VALUES, _PYTHON_PACKAGES)
    has_source = any(word.partition("=")[0] in ("--from", "--spec") for word in words)
    return [spec for spec in (named if has_source else [*named, first]) if spec]


def _is_pinned_npm(spec: str) -> bool:
    if _VARIABLE.search(spec) or _LOCAL.match(spec):
        return True
    if _GIT.match(spec) or ("/" in spec and not spec.startswith("@")):
        return "#" in spec
    return _EXACT_NPM.match(spec[1:].rpartition("@")[2]) is not None


def _is_pinned_python(spec: str) -> bool:
    if _VARIABLE.search(spec):
        return True
    if _GIT.match(spec) or "git+" in spec:
        return "@" in spec.rpartition("/")[2]
    name, at, version = spec.partition("@")
    if at:
        return version.strip()[:1].isdigit() or _LOCAL.match(version.strip()) is not None
    if "*" in spec:
        return False
    return _LOCAL.match(name) is not None or _EXACT_PYTHON.search(name) is not None


def _container(command: Sequence[str]) -> tuple[str, list[str]]:
    """Return the image that a command runs, and the folders of the machine that it mounts; "" for another command."""
    words = [word for word in command if word != "container"] if command else []
    if len(words) < 2 or _program(words[0]) not in _CONTAINER_RUNNERS or words[1] != "run":
        return "", []
    mounted: list[str] = []
    at = 2
    while at < len(words) and words[at].startswith("-"):
        option, equals, value = words[at].partition("=")
        is_flag = option in _CONTAINER_FLAGS or re.fullmatch(r"-[itdqP]+", option) is not None
        is_joined = not option.startswith("--") and len(option) > 2 and not is_flag  # -eNAME=VALUE
        has_value = not (equals or is_flag or is_joined)
        mounted += _mounted(option, value if equals else next(iter(words[at + 1 :]), ""))
        at += 1 + has_value
    return next(iter(words[at:]), ""), mounted


def _mounted(option: str, value: str) -> list[str]:
    if option in ("-v", "--volume"):
        windows = re.match(r"[A-Za-z]:[\\/]?[^:]*", value)  # C:\data:/data
        return [windows[0] if windows else value.partition(":")[0]]
    if option == "--mount":
        parts = dict(part.partition("=")[::2] for part in value.split(","))
        return [source for key in ("source", "src") if (source := parts.get(key))]
    return []


def _is_pinned_image(image: str) -> bool:
    if "@sha256:" in image or _VARIABLE.search(image):
        return True
    return _EXACT_TAG.match(image.rpartition("/")[2].partition(":")[2]) is not None
