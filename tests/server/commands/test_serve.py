"""`agentsentinel up`: what is said at a start, and what prevents one."""

import os
import pty
import re
import stat
import subprocess
import sys

import pytest

from server.commands.support import FAILED, NOBODY_LISTENS, REFUSED, assert_one_line
from server.faults.embedded_platform import Platform, new_platform, run_command
from server.support import COMMAND, SECRET, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def test_a_start_at_a_terminal_speaks_to_people_and_names_key_and_link_last() -> None:
    with new_platform() as fresh:
        start = ("up", "--port", str(fresh.port), "--data-dir", str(fresh.data_dir))
        lines, again = at_a_terminal(*start), at_a_terminal(*start)
    assert lines[0] == "Starting the database ..."
    assert [line for line in lines if line.startswith("{")] == []
    assert [line for line in [*lines, *again] if len(line) > 80 and str(fresh.data_dir) not in line] == []
    box = lines.index("  AGENTSENTINEL BOOTSTRAP ADMIN KEY")
    assert lines[box + 3].startswith("  as_adm_")
    assert [line.split()[0] for line in lines[box + 5 : -1]] == ["Use", "Sign"]
    assert lines[-1].startswith(f"  http://localhost:{fresh.port}/sign-in#")
    assert [line.split()[0] for line in again[-2:]] == ["Sign", "Lost"]


def at_a_terminal(*arguments: str) -> list[str]:
    """Return what a start writes to a terminal, up to the line that says how to sign in or make a key."""
    terminal, inner = pty.openpty()
    with subprocess.Popen([COMMAND, *arguments], stdout=inner, stderr=inner, env=environment()) as process:
        os.close(inner)
        text = b""
        while b"/sign-in#" not in text and b"Lost key" not in text:
            text += os.read(terminal, 65536)
        process.terminate()
        process.wait(30)
    os.close(terminal)
    return text.decode().splitlines()


@pytest.mark.parametrize("command", [("up", "--port", "0"), ("migrate",), ("keys", "list")], ids=" ".join)
def test_an_unreachable_database_is_told_in_one_line(command: tuple[str, ...]) -> None:
    failed = run_command(*command, DATABASE_URL=NOBODY_LISTENS, SECRET_KEY=SECRET)
    assert_one_line(failed, FAILED, "database cannot be reached", "DATABASE_URL")
    assert "secret-word" not in failed.stderr


# --- secret and keys


def test_the_embedded_secret_is_made_once_and_private(platform: Platform) -> None:
    path = platform.data_dir / "secret-key"
    secret = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", secret)
    platform.server.stop()
    platform.start()
    assert path.read_text() == secret
    assert platform.server.api.get("agents").status_code == 200


def test_a_lost_secret_is_not_replaced_in_silence(platform: Platform) -> None:
    path = platform.data_dir / "secret-key"
    secret = path.read_text()
    platform.server.stop()
    path.unlink()
    assert_one_line(platform.run("up", "--port", "0"), REFUSED, str(path), "restore it")
    path.write_text(secret)
    assert_one_line(platform.run("up", "--port", "0"), REFUSED, "can be read by others", "chmod 600")
    path.chmod(0o600)
