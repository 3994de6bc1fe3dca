"""`python -m bench.facts_diff BEFORE FOLDER...`: list the files in which two scanners see other facts.

For changes that should move code without changing what it finds. BEFORE and `--after` are git revisions or folders with
a checkout; the default after is the working tree. Each version runs in its own process on the same bytes and reads
every file twice: as a scan does, and again asked for all names that the file defines, which skips the prefilter. Facts
are compared by their values alone, so renaming a class or a field changes nothing. Exits with 1 when any file differs.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

_SOURCES = ("packages/core/src", "packages/cli/src")
REPOSITORY = Path(__file__).parents[1]
_SUFFIXES = (".py", ".ipynb", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_READER = r"""
import hashlib, json, re, signal, sys

import agentsentinel_cli, agentsentinel_core
from agentsentinel_cli.scan.extract import extract

root = sys.argv[1]
for package in (agentsentinel_cli, agentsentinel_core):
    assert package.__file__.startswith(root), f"{package.__file__} is not below {root}"
DEFINED = re.compile(
    rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]{1,80})?="
    rb"|^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:async[ \t]+)?(?:const|let|var|function|class)[ \t]+(\w+)", re.M)


def values(thing):
    names = getattr(type(thing), "__match_args__", None)
    if names is not None and not isinstance(thing, tuple):
        return [values(getattr(thing, name)) for name in names]
    if isinstance(thing, (tuple, list)):
        return [values(member) for member in thing]
    if isinstance(thing, dict):
        return {str(key): values(thing[key]) for key in sorted(thing)}
    return getattr(thing, "value", thing)


class Late(BaseException):
    pass


def late(*_):
    raise Late


def facts(path, data, wanted):
    signal.alarm(30)
    try:
        return values(extract(path, data, wanted))
    except Late:
        return "takes longer than 30 seconds"
    finally:
        signal.alarm(0)


signal.signal(signal.SIGALRM, late)
for line in sys.stdin:
    path = json.loads(line)
    with open(path, "rb") as stream:
        data = stream.read()
    wanted = frozenset(name.decode("utf-8", "replace") for hit in DEFINED.findall(data) for name in hit if name)
    text = json.dumps([facts(path, data, frozenset()), facts(path, data, wanted)])
    print(hashlib.sha256(text.encode()).hexdigest())
"""


def main() -> int:
    """Compare two versions and print the files whose facts differ."""
    options = _parse()
    files = _selected(options.folders, options.most)
    with ExitStack() as stack:
        before, after = (checkout(version, stack) for version in (options.before, options.after))
        differing = differences(before, after, files)
    for path in differing:
        print(path)
    print(f"{len(differing)} of {len(files)} files differ")
    return 1 if differing or not files else 0


def differences(before: Path, after: Path, files: Sequence[str]) -> list[str]:
    """Return the files from which the scanners of two checkouts read different facts."""
    answers = zip(files, _facts(before, files), _facts(after, files), strict=True)
    return [path for path, old, new in answers if old != new]


def _facts(checkout: Path, files: Sequence[str]) -> Iterator[str]:
    """Yield a digest of the facts of each file, from a process that imports the scanner of the checkout."""
    root = checkout.resolve()
    with tempfile.TemporaryFile("w+") as names:
        names.writelines(f"{json.dumps(path)}\n" for path in files)
        names.seek(0)
        with subprocess.Popen(
            # -P: no file of the working folder shadows a module.
            [sys.executable, "-P", "-c", _READER, str(root)],
            stdin=names,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": search_path(root)},
        ) as process:
            assert process.stdout is not None
            yield from process.stdout
        if process.returncode != 0:
            raise SystemExit(f"the scanner of {checkout} failed")


def search_path(checkout: Path) -> str:
    """Return the value of PYTHONPATH with which Python imports the scanner of a checkout."""
    return os.pathsep.join(str(checkout.resolve() / source) for source in _SOURCES)


def checkout(version: str, stack: ExitStack) -> Path:
    """Return the folder of a checkout, with the sources of a git revision unpacked into a temporary one."""
    if Path(version).is_dir():
        return Path(version)
    archive = subprocess.run(
        ["git", "archive", version, *_SOURCES], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    ).stdout
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return Path(folder)


def _selected(folders: Sequence[str], most: int) -> list[str]:
    """Return the source files below the folders; when there are more than `most`, an evenly spaced selection."""
    paths = sorted(
        str(path.resolve())
        for folder in folders
        for path in Path(folder).rglob("*")
        if path.suffix in _SUFFIXES and path.is_file()
    )
    return paths if len(paths) <= most else [paths[len(paths) * at // most] for at in range(most)]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.facts_diff", description=__doc__)
    parser.add_argument("before", metavar="BEFORE", help="git revision, or folder with a checkout")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--after", default=str(REPOSITORY), help="the same (default: the working tree)")
    parser.add_argument("--most", type=int, default=5000, help="most files that are read (default: 5000)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
