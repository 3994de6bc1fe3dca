"""Runs each adapter's tests and its example in the adapter's own environment, against one real server.

`make integrations` builds the environments, in .venv-integrations. A missing one is an error, not a skip.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.support import Server, environment, new_database, running

ROOT = Path(__file__).parents[2]
ADAPTERS = sorted(folder.name for folder in (ROOT / "integrations").iterdir() if (folder / "pyproject.toml").exists())


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server, as a process."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


def python_of(adapter: str) -> str:
    python = ROOT / ".venv-integrations" / adapter / "bin" / "python"
    assert python.exists(), f"{adapter} has no environment: make integrations"
    return str(python)


def surroundings(server: Server, folder: Path) -> dict[str, str]:
    """What tells an agent where to report; frameworks keep quiet, and their files stay in the test's folder."""
    return environment(
        AGENTSENTINEL_TEST_URL=server.url,
        AGENTSENTINEL_TEST_KEY=server.admin_key,
        AGENTSENTINEL_SPOOL=str(folder / "spool"),
        HOME=str(folder),
        CREWAI_DISABLE_TELEMETRY="true",
        CREWAI_TRACING_ENABLED="false",
        OTEL_SDK_DISABLED="true",
        PYTHONWARNINGS="ignore",
    )


def run(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> str:
    process = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert process.returncode == 0, process.stdout[-6000:] + process.stderr[-2000:]
    return process.stdout


def test_every_adapter_has_all_that_belongs_to_one() -> None:
    assert len(ADAPTERS) == 9
    for adapter in ADAPTERS:
        module = f"agentsentinel_{adapter.replace('-', '_')}"
        for path in (
            f"integrations/{adapter}/README.md",
            f"integrations/{adapter}/example.py",
            f"integrations/{adapter}/src/{module}/__init__.py",
            f"integrations/{adapter}/src/{module}/py.typed",
            f"tests/integrations/test_{adapter.replace('-', '_')}.py",
            f"docs/integrations/{adapter}.md",
            f"requirements/integrations/{adapter}.txt",
        ):
            assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_adapter_keeps_the_contract(adapter: str, server: Server, tmp_path: Path) -> None:
    test = f"tests/integrations/test_{adapter.replace('-', '_')}.py"
    options = ["-p", "no:cacheprovider", "--confcutdir=tests/integrations", "-q", "--tb=short", "-W", "ignore"]
    output = run([python_of(adapter), "-m", "pytest", *options, test], surroundings(server, tmp_path))
    assert "100%" in output
    assert "skipped" not in output


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_example_reports_each_of_its_calls(adapter: str, server: Server, tmp_path: Path) -> None:
    env = surroundings(server, tmp_path) | {"AGENTSENTINEL_API_KEY": server.admin_key, "SENTINEL_URL": server.url}
    output = run([python_of(adapter), str(ROOT / "integrations" / adapter / "example.py")], env, tmp_path)
    agents = server.api.get("agents", params={"name": f"my-{adapter}-agent"}).json()
    assert len(agents) == 1
    events = server.api.get("events", params={"agent_id": agents[0]["id"]}).json()
    tools = [event["tool_name"] for event in reversed(events)]
    assert tools == ["search_crm", "read_database", "send_email"]
    assert {event["status"] for event in events} == {"ok"}
    assert len({event["session_id"] for event in events}) == 1
    assert "[sentinel] Trust Score : " in output


def test_the_environments_hold_the_newest_release_that_the_lock_files_name() -> None:
    for adapter in ADAPTERS:
        lock = (ROOT / "requirements" / "integrations" / f"{adapter}.txt").read_text(encoding="utf-8")
        script = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"
        installed = {
            word.lower().replace("_", "-").replace(".", "-")
            for word in run([python_of(adapter), "-c", script], dict(os.environ)).split()
        }
        pinned = [line.split(" ")[0] for line in lock.splitlines() if line[:1].isalnum() and ";" not in line]
        for pin in pinned:
            assert pin.lower().replace("_", "-").replace(".", "-") in installed, (adapter, pin)


FRAMEWORKS = {
    "anthropic": "anthropic",
    "autogen": "autogen-agentchat",
    "crewai": "crewai",
    "google-adk": "google-adk",
    "langchain": "langchain-core",
    "llamaindex": "llama-index-core",
    "openai-agents": "openai-agents",
    "pydantic-ai": "pydantic-ai-slim",
    "strands": "strands-agents",
}
UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each distribution of ours as a wheel, as it would be published."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in [ROOT / "packages/core", ROOT / "packages/sdk", *((ROOT / "integrations" / a) for a in ADAPTERS)]:
        run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], dict(os.environ), project)
    return folder


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_wheel_alone_pulls_the_release_that_is_tested_and_never_an_old_one(adapter: str, wheelhouse: Path) -> None:
    wanted = wheelhouse / "wanted.in"
    wanted.write_text(f"agentsentinel-{adapter}==0.1.0\n")
    lock = (ROOT / "requirements" / "integrations" / f"{adapter}.txt").read_text(encoding="utf-8")
    framework = FRAMEWORKS[adapter]
    tested = next(line.split(" ")[0] for line in lock.splitlines() if line.startswith(f"{framework}=="))
    command = [UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-header"]
    resolved = run([*command, "--find-links", str(wheelhouse), str(wanted)], dict(os.environ), wheelhouse)
    pulled = next(line.split(" ")[0] for line in resolved.splitlines() if line.startswith(f"{framework}=="))
    assert _release(pulled) >= _release(tested)
    assert "agentsentinel-sdk==0.1." in resolved


def _release(pin: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", pin.partition("==")[2])]


def test_a_wheel_installs_in_a_clean_environment_and_can_be_imported(wheelhouse: Path, tmp_path: Path) -> None:
    run([UV, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "clean")], dict(os.environ))
    python = str(tmp_path / "clean" / "bin" / "python")
    install = [UV, "pip", "install", "--quiet", "--python", python, "--find-links", str(wheelhouse)]
    run([*install, "agentsentinel-langchain==0.1.0"], dict(os.environ), tmp_path)
    script = "import agentsentinel_langchain as a; print(*a.__all__)"
    assert "SentinelCallbackHandler" in run([python, "-c", script], {}, tmp_path)
