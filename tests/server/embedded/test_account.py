"""Who runs PostgreSQL."""

import os
import pwd
import shutil
from pathlib import Path

import pytest

from agentsentinel.embedded import EmbeddedPostgresError
from agentsentinel.embedded.account import Account, account_for

USERS = {
    name: pwd.struct_passwd((name, "x", uid, uid, "", "/", "/bin/false"))
    for name, uid in {"agentsentinel-db": 900, "postgres": 70, "nobody": 65534}.items()
}


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> dict[str, pwd.struct_passwd]:
    """Replace the machine's users with a list that the test fills: none at first, and no useradd."""
    present: dict[str, pwd.struct_passwd] = {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", present.__getitem__)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    return present


@pytest.mark.parametrize(
    ("present", "uid"),
    [(["agentsentinel-db", "postgres", "nobody"], 900), (["postgres", "nobody"], 70), (["nobody"], 65534)],
)
def test_root_hands_over_to_the_best_unprivileged_user(
    users: dict[str, pwd.struct_passwd], tmp_path: Path, present: list[str], uid: int
) -> None:
    users.update({name: USERS[name] for name in present})

    assert account_for(tmp_path / "postgres") == Account(uid, uid, is_ourselves=False)


def test_root_without_any_unprivileged_user_is_told_what_to_do(
    users: dict[str, pwd.struct_passwd], tmp_path: Path
) -> None:
    users["postgres"] = pwd.struct_passwd(("postgres", "x", 0, 0, "", "/", "/bin/sh"))  # root by another name

    with pytest.raises(EmbeddedPostgresError, match="create that user, or start AgentSentinel as an ordinary user"):
        account_for(tmp_path / "postgres")


def test_an_ordinary_user_is_refused_the_cluster_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(EmbeddedPostgresError, match=f"belongs to user id {owner}, and this is user id {owner + 1}"):
        account_for(tmp_path)


def test_a_program_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    account = Account(os.geteuid(), os.getegid(), is_ourselves=True)

    with pytest.raises(EmbeddedPostgresError, match=r"cannot run .*/missing"):
        account.run([tmp_path / "missing"], timeout=5)


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    account = Account(os.geteuid(), os.getegid(), is_ourselves=True)

    with pytest.raises(EmbeddedPostgresError, match="did not finish within"):
        account.run(["/bin/sleep", "30"], timeout=0.1)
