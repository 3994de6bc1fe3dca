"""`make wheels-check`: each distribution as its users get it, from its built wheel alone, in a clean environment.

Not part of the suite, since it asks the package index and takes minutes. The suite resolves the same wheels without
installing them.

For each wheel: `python -m venv`, `pip install` of that one file, with the other wheels of ours in a folder that pip may
look into. Then

* every distribution of ours that came along is this repository's, byte for byte: the public index holds others of the
  same names, some with the same version;
* the framework is the newest release on the index, or the one that it comes in when it is installed alone (its newest
  may need what the index does not have), never an old one that pip went back to because of us;
* the adapter's example runs and each of its calls is reported, to the SDK's own server for tests;
* `sentinel scan` runs on the oldest and the newest Python it promises, without the server.

`python tests/wheels.py NAME...` checks only those.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST, NEWEST = "3.10", "3.13"


@dataclass(frozen=True)
class Distribution:
    """One of ours."""

    name: str
    folder: str
    """In the repository."""
    framework: str | None = None
    """What it must pull in its newest release."""
    extra: tuple[str, ...] = ()
    """What the example needs beside the adapter: the framework's scripted model is sometimes in another package."""
    pythons: tuple[str, ...] = (f"{sys.version_info.major}.{sys.version_info.minor}",)

    @property
    def module(self) -> str:
        """What is imported."""
        return self.name.replace("-", "_")


DISTRIBUTIONS = (
    Distribution("agentsentinel-core", "packages/core", pythons=(OLDEST, NEWEST)),
    Distribution("agentsentinel-sdk", "packages/sdk", "httpx2", pythons=(OLDEST, NEWEST)),
    Distribution("agentsentinel-shim", "packages/shim", "uvicorn", pythons=(OLDEST, NEWEST)),
    Distribution("agentsentinel-cli", "packages/cli", "tree-sitter", pythons=(OLDEST, NEWEST)),
    Distribution("agentsentinel", "packages/server", "fastapi"),
    Distribution("agentsentinel-anthropic", "integrations/anthropic", "anthropic"),
    Distribution("agentsentinel-autogen", "integrations/autogen", "autogen-agentchat", ("autogen-ext",)),
    Distribution("agentsentinel-bedrock", "integrations/bedrock"),
    Distribution("agentsentinel-crewai", "integrations/crewai", "crewai"),
    Distribution("agentsentinel-google-adk", "integrations/google-adk", "google-adk"),
    Distribution("agentsentinel-langchain", "integrations/langchain", "langchain-core", ("langchain",)),
    Distribution("agentsentinel-llamaindex", "integrations/llamaindex", "llama-index-core"),
    Distribution("agentsentinel-openai-agents", "integrations/openai-agents", "openai-agents"),
    Distribution("agentsentinel-pydantic-ai", "integrations/pydantic-ai", "pydantic-ai-slim"),
    Distribution("agentsentinel-strands", "integrations/strands", "strands-agents"),
)

SAMPLE = '''
from langchain.tools import tool

API_KEY = "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEyMzQ1Njc4"

@tool
def execute_shell(command: str) -> str:
    """Run a command."""
'''

EXAMPLE = """
import os, runpy, sys
from agentsentinel_sdk.testing import FakeSentinel
sentinel = FakeSentinel()
with sentinel.serve() as url:
    os.environ.update(AGENTSENTINEL_API_KEY=sentinel.api_key, SENTINEL_URL=url, AGENTSENTINEL_SPOOL="off")
    runpy.run_path(sys.argv[1], run_name="__main__")
tools = [event["tool_name"].removeprefix("crm.") for event in sentinel.events]  # Bedrock names the action group
assert tools == ["search_crm", "read_database", "send_email"], tools
"""


REPORT = """
import asyncio
from agentsentinel_sdk import AsyncClient, Reporter, hash_payload, observe_tool
from agentsentinel_sdk.testing import FakeSentinel
sentinel = FakeSentinel()
with sentinel.serve() as url:
    with Reporter(sentinel.api_key, url, agent_name="a", spool=None) as reporter:
        observe_tool(reporter, "search_crm")(str.upper)("acme")
        assert reporter.flush(10), reporter.stats
    async def ask():
        async with AsyncClient(sentinel.api_key, url) as client:
            return await client.list_agents()
    assert [agent.name for agent in asyncio.run(ask())] == ["a"]
assert [event["tool_name"] for event in sentinel.events] == ["search_crm"]
digest = hash_payload({"b": [1.0, 2**53, 1e21, 0.1, True, None], "a": {"\\u20ac": {3, 1, 2}, 1: b"x"}})
assert digest == "b440072ae3e1ac9be0ee552928c6d647d820e613346389cca4ce4bf26ec024bc", digest
"""


class WheelError(Exception):
    """A wheel does not do what its users were promised."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a program and return what it prints; raises WheelError with both of its outputs when it fails."""
    process = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    if process.returncode:
        raise WheelError(f"{command}: exit {process.returncode}\n{process.stdout[-3000:]}\n{process.stderr[-3000:]}")
    return process.stdout


def build(folder: Path) -> dict[str, Path]:
    """All wheels, by the name of the distribution."""
    for one in DISTRIBUTIONS:
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT / one.folder)
    return {one.name: next(folder.glob(f"{one.module}-*.whl")) for one in DISTRIBUTIONS}


def python_of(version: str) -> str:
    """Find an interpreter of this version, on PATH or in pyenv; one that pyenv has switched off does not run."""
    found = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    for candidate in (sys.executable, *(str(path) for path in found if path)):
        probe = "import sys; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return candidate
    raise WheelError(f"there is no Python {version} here")


def check(one: Distribution, version: str, wheels: dict[str, Path], folder: Path) -> Iterator[str]:
    """Install one wheel alone and try it; yields what was found, raises WheelError."""
    run(python_of(version), "-m", "venv", folder)
    python = folder / "bin" / "python"
    house = wheels[one.name].parent
    run(python, "-m", "pip", "install", "--quiet", "--find-links", house, wheels[one.name], cwd=folder)
    yield from _ours(python, wheels)
    if one.framework is not None:
        yield _newest(python, one.framework)
    run(python, "-I", "-c", f"import {one.module}", cwd=folder)
    if one.name == "agentsentinel-sdk":
        run(python, "-c", REPORT, cwd=folder)
        yield "reports"
    if one.folder.startswith("integrations/"):
        if one.extra:
            run(python, "-m", "pip", "install", "--quiet", *one.extra, cwd=folder)
        run(python, "-c", EXAMPLE, ROOT / one.folder / "example.py", cwd=folder)
        yield "example reported"
    if one.name == "agentsentinel":
        run(folder / "bin" / "agentsentinel", "--help", cwd=folder)
        yield "starts"
    if one.name == "agentsentinel-cli":
        yield _scan(folder)


def _ours(python: Path, wheels: dict[str, Path]) -> Iterator[str]:
    """Every distribution of ours that is installed is the one that was built here."""
    script = (
        "import json; from importlib.metadata import distributions as d; "
        "print(json.dumps({x.name: [x.version, x.read_text('RECORD')] for x in d() if 'sentinel' in x.name}))"
    )
    for name, (version, record) in json.loads(run(python, "-I", "-c", script)).items():
        with zipfile.ZipFile(wheels[name]) as wheel:
            built = wheel.read(next(path for path in wheel.namelist() if path.endswith("/RECORD"))).decode()
        missing = {line for line in built.splitlines() if ",sha256=" in line} - set(record.splitlines())
        if missing:
            raise WheelError(f"{name} {version} is not ours: {sorted(missing)[:3]}")
        yield f"{name} {version}"


def _newest(python: Path, framework: str) -> str:
    script = f"from importlib.metadata import version; print(version({framework!r}))"
    installed = run(python, "-I", "-c", script).strip()
    answer = run(python, "-m", "pip", "index", "versions", framework)
    newest = re.search(r"\(([^)]+)\)", answer)
    if newest is not None and installed == newest[1]:
        return f"{framework} {installed} (newest)"
    dry = ("--dry-run", "--ignore-installed", "--quiet", "--report", "-")
    report = json.loads(run(python, "-m", "pip", "install", *dry, framework))
    alone = {item["metadata"]["name"]: item["metadata"]["version"] for item in report["install"]}
    if alone.get(framework) != installed:
        raise WheelError(f"{framework} {installed} was pulled, alone it comes in {alone.get(framework)}")
    return f"{framework} {installed} (as alone; newest: {newest and newest[1]})"


def _scan(folder: Path) -> str:
    python = folder / "bin" / "python"
    if not subprocess.run([python, "-c", "import agentsentinel"], capture_output=True, check=False).returncode:
        raise WheelError("the server came with the command line tool")
    (folder / "agent.py").write_text(SAMPLE, encoding="utf-8")
    report = json.loads(run(folder / "bin" / "sentinel", "scan", "agent.py", "--format", "json", cwd=folder))
    rules = sorted(json.dumps(report).count(rule) > 0 for rule in ("HARDCODED_CREDENTIALS", "CODE_EXECUTION_GRANT"))
    if rules != [True, True]:
        raise WheelError(f"the scan of the sample did not find what is in it: {report}")
    return "scans"


def main(names: list[str]) -> int:
    """Check the named distributions, or all; the number that failed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="wheels-") as name:
        folder = Path(name)
        wheels = build(folder / "house")
        for one in DISTRIBUTIONS:
            for version in one.pythons if not names or one.name in names else ():
                where = folder / f"{one.name}-{version}"
                try:
                    print(f"{one.name} on {version}: {', '.join(check(one, version, wheels, where))}", flush=True)
                except WheelError as error:
                    failed += 1
                    print(f"{one.name} on {version}: FAILED: {error}", flush=True)
                shutil.rmtree(where, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
