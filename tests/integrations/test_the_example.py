"""The adapter's example, as a person runs it; `test_environments.py` looks at what it leaves in the database."""

import os
import runpy
from pathlib import Path

import pytest

from conftest import ADAPTER, Platform

FOLDER = Path(__file__).parents[2] / "integrations" / os.environ[ADAPTER]


def test_the_example_says_how_far_its_agent_can_be_trusted(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", platform.admin_key)
    monkeypatch.setenv("SENTINEL_URL", platform.url)
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(FOLDER / "example.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert f"(my-{FOLDER.name}-agent)" in printed
    assert printed.count("[sentinel] tool=") == 3
    assert "[sentinel] Trust Score : " in printed
    assert "not available" not in printed
