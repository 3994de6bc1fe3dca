"""The operating system account that PostgreSQL runs as.

PostgreSQL refuses to run as root, because a vulnerability in it would then compromise the machine. Started by an
ordinary user it runs as that user; started by root it runs as an unprivileged system account which owns the cluster
folder and nothing else.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentsentinel.embedded.errors import EmbeddedPostgresError

SYSTEM_USER = "agentsentinel-db"

# Accounts that exist on most systems, for images without useradd (Alpine) or with a read-only /etc.
_EXISTING_USERS = ("postgres", "nobody")

_USERADD_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Account:
    """The operating system account that runs PostgreSQL and owns its files."""

    uid: int
    """User id; never 0, which is root."""
    gid: int
    is_ourselves: bool
    """Whether this process already runs as that account, so that no file has to change its owner."""

    def run(self, command: Sequence[str | Path], timeout: float) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account and wait for it at most `timeout` seconds; its exit code is not checked.

        Raises EmbeddedPostgresError when it cannot be run or takes too long.
        """
        try:
            return subprocess.run(  # noqa: S603 - programs of the wheel and /bin/sh only, no shell text is built
                command,
                **self._identity(),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                cwd="/",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"{command[0]} did not finish within {timeout:.0f} s; is the disk or the machine overloaded?"
            raise EmbeddedPostgresError(message) from error
        except OSError as error:
            raise self._cannot_run(command[0], error) from error

    def spawn(self, command: Sequence[str | Path], output: int, inherit: int) -> subprocess.Popen[bytes]:
        """Start `command` as this account, in a session of its own, so that it survives Ctrl+C and the end of ours.

        `output` is the descriptor that takes its standard output and error, `inherit` one more that it keeps open.
        Raises EmbeddedPostgresError when it cannot be started.
        """
        try:
            return subprocess.Popen(  # noqa: S603 - the wheel's postgres only
                command,
                **self._identity(),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(inherit,),
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            raise self._cannot_run(command[0], error) from error

    def can_reach(self, path: Path) -> bool:
        """Tell whether this account may execute the file, or enter the folder, at `path`."""
        if self.is_ourselves:
            return os.access(path, os.X_OK)
        # Tested in a process of that account, since mode bits alone do not show access lists or mount options.
        return self.run(["/bin/sh", "-c", '[ -x "$1" ]', "sh", path], timeout=10).returncode == 0

    def give(self, path: Path) -> None:
        """Make this account the owner of `path`; a symbolic link itself changes its owner, not its target."""
        if not self.is_ourselves:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def _identity(self) -> dict[str, Any]:
        if self.is_ourselves:
            return {"umask": 0o077}
        return {"umask": 0o077, "user": self.uid, "group": self.gid, "extra_groups": []}

    def _cannot_run(self, program: str | Path, error: OSError) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"cannot run {program} as user id {self.uid}: {error.strerror}; "
            "start AgentSentinel as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own"
        )


def account_for(cluster: Path) -> Account:
    """Return the account that runs the server of `cluster`, a folder that need not exist yet.

    The owner of an existing cluster runs it. Raises EmbeddedPostgresError when this process may not act for that owner,
    or when it is root and the machine has no unprivileged account.
    """
    owner = _owner(cluster)
    if os.geteuid() != 0:
        return _ourselves(cluster, owner)
    if owner:
        return Account(owner.st_uid, owner.st_gid, is_ourselves=False)
    return _system_account()


def _owner(cluster: Path) -> os.stat_result | None:
    """Return the owner of a cluster; None if there is no cluster yet, or if it belongs to root, who cannot run it."""
    try:
        status = cluster.lstat()
    except FileNotFoundError:
        return None
    return status if status.st_uid != 0 or os.geteuid() != 0 else None


def _ourselves(cluster: Path, owner: os.stat_result | None) -> Account:
    if owner and owner.st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"the database in {cluster} belongs to user id {owner.st_uid}, and this is user id {os.geteuid()}; "
            "start AgentSentinel as the user who made it, or choose another --data-dir"
        )
    return Account(os.geteuid(), os.getegid(), is_ourselves=True)


def _system_account() -> Account:
    for name in (SYSTEM_USER, *_EXISTING_USERS):
        account = _find_user(name)
        if account is None and name == SYSTEM_USER:
            _add_system_user()
            account = _find_user(name)
        if account:
            return account
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and this machine has no user {SYSTEM_USER} and no useradd to make one; "
        f"create that user, or start AgentSentinel as an ordinary user"
    )


def _find_user(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, is_ourselves=False) if entry.pw_uid != 0 else None


def _add_system_user() -> None:
    """Try to create SYSTEM_USER; the caller checks whether it exists, since another start may create it too."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false"]
    subprocess.run(  # noqa: S603 - fixed arguments
        [useradd, *options, SYSTEM_USER], capture_output=True, timeout=_USERADD_TIMEOUT_S, check=False
    )


def _environment() -> Mapping[str, str]:
    """Return the environment without variables that configure PostgreSQL (PGDATA, PGPORT, ...) or its language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
