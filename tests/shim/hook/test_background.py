"""A process in the background has nothing of the hook that started it."""

import json
import os
from pathlib import Path

import pytest

from agentsentinel_shim.hook.background import start
from shim.hook.enforcing import wait_until

MODULE = """\
import json, os, sys
streams = [os.readlink(f"/proc/self/fd/{number}") for number in (0, 1, 2)]
with open(sys.argv[1] + ".new", "w") as file:
    json.dump([os.getsid(0) == os.getpid(), streams, sys.argv[2:]], file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
"""


def test_it_has_a_session_of_its_own_and_the_null_device_for_streams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "says_who_it_is.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said = tmp_path / "said.json"
    start("says_who_it_is", str(said), "a word", "")
    wait_until(said.exists, "the process writes")
    assert json.loads(said.read_text()) == [True, [os.devnull] * 3, ["a word", ""]]
