"""A repository that several tests scan."""

import subprocess
from pathlib import Path

import pytest

from cli.scan.repositories import SHELL, SHELL_JS
from cli.scan.support import write_tree


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two services, a web application, a folder for CI, and a checkout of git around them."""
    folder = write_tree(
        tmp_path / "repository",
        {
            "svc-a/agent.py": SHELL,
            "svc-b/agent.py": SHELL,
            "web/src/agent.ts": SHELL_JS,
            "ci/.keep": "",
        },
    )
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder
