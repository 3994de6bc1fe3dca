"""A home folder in which hooks are installed."""

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from agentsentinel_shim.hook.clients import BY_NAME
from agentsentinel_shim.hook.command import run
from agentsentinel_shim.hook.install import file_of
from shim.support import SENTINEL

PATH = os.environ["PATH"]
ONE_AT_A_TIME = threading.RLock()
"""Held while the environment of this process is another one: hooks are also run by several threads."""


@dataclass
class Desk:
    """A home folder, and the folder of a project in it."""

    home: Path

    @property
    def project(self) -> Path:
        path = self.home / "project"
        path.mkdir(exist_ok=True)
        return path

    def file(self, client: str) -> Path:
        with ONE_AT_A_TIME, patch.dict(os.environ, self._variables, clear=True):
            return file_of(BY_NAME[client], None)

    def write(self, client: str, content: bytes) -> Path:
        path = self.file(client)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def trust(self) -> None:
        """Add to Codex's settings what it adds when its user trusts our hooks; seen in Codex 0.171."""
        path = self.file("codex")
        with (path.parent / "config.toml").open("a") as settings:
            for event in ("pre_tool_use", "post_tool_use"):
                settings.write(f'[hooks.state."{path}:{event}:0:0"]\ntrusted_hash = "sha256:{"0" * 64}"\n')

    def run(self, *words: str, **environment: str) -> int:
        """Run a verb of `sentinel hook` in this process."""
        before = Path.cwd()
        os.chdir(self.project)
        try:
            with (
                ONE_AT_A_TIME,
                patch.dict(os.environ, {**self._variables, **environment}, clear=True),
                patch.object(sys, "argv", [SENTINEL]),
            ):
                return run(words)
        finally:
            os.chdir(before)

    @property
    def _variables(self) -> dict[str, str]:
        return {"PATH": PATH, "HOME": str(self.home), "AGENTSENTINEL_API_KEY": "as_adm_x"}
