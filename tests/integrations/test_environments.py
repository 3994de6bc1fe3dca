"""Runs each adapter's tests and its example in the adapter's own environment, against one real server.

`make integrations` builds the environments with the newest frameworks, in .venv-integrations, and `make
integrations-oldest` those with the oldest ones that the adapters promise. `make test` enters one of them and `make
test-wide` all; a missing one is an error for these verbs, else a skip. A framework takes seconds to import, so each
environment is entered once, two at a time; each test then reads its part of the result.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from agentsentinel_sdk import __version__, hash_payload
from server.support import Server, environment, new_database, query, running

ROOT = Path(__file__).parents[2]
ADAPTERS = sorted(folder.name for folder in (ROOT / "integrations").iterdir() if (folder / "pyproject.toml").exists())
ENVIRONMENTS = ROOT / os.environ.get("AGENTSENTINEL_TEST_ENVIRONMENTS", ".venv-integrations")
HAS_OLDEST = ENVIRONMENTS.name.endswith("-oldest")
ALWAYS = "openai-agents"
"""The adapter of `make test`."""
AT_ONCE = 2
PATIENCE_SECONDS = 1800
"""How long an environment may take before it counts as hanging; a busy machine takes minutes."""


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[str]"]]:
    """Run pytest in the environment of each adapter that a selected test asks about; returns the outputs."""
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    asked = {call.params.get("adapter") for call in calls}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            adapter: pool.submit(enter, adapter, server, tmp_path_factory.mktemp(adapter))
            for adapter in ADAPTERS
            if adapter in asked
        }


def enter(adapter: str, server: Server, folder: Path) -> str:
    """Run the adapter's example, then its tests, in one process."""
    options = ["-p", "no:cacheprovider", "--confcutdir=tests/integrations", "-q", "--tb=short", "-W", "ignore"]
    files = ["tests/integrations/test_the_example.py", f"tests/integrations/test_{adapter.replace('-', '_')}.py"]
    form = [] if os.environ.get("AGENTSENTINEL_TEST_LONG") else ["-m", "not long"]
    return run([python_of(adapter), "-m", "pytest", *options, *form, *files], surroundings(adapter, server, folder))


def python_of(adapter: str) -> str:
    python = ENVIRONMENTS / adapter / "bin" / "python"
    if not python.exists() and not os.environ.get("AGENTSENTINEL_TEST_ALL"):
        pytest.skip(f"{adapter} has no environment: make integrations")
    assert python.exists(), f"{adapter} has no environment: make integrations"
    return str(python)


def surroundings(adapter: str, server: Server, folder: Path) -> dict[str, str]:
    """Return variables that say where to report, silence frameworks and keep their files in the test's folder."""
    return environment(
        AGENTSENTINEL_TEST_URL=server.url,
        AGENTSENTINEL_TEST_KEY=server.admin_key,
        AGENTSENTINEL_TEST_ADAPTER=adapter,
        AGENTSENTINEL_TEST_SENTINEL=str(Path(sys.executable).parent / "sentinel"),
        AGENTSENTINEL_SPOOL=str(folder / "spool"),
        HOME=str(folder),
        CREWAI_DISABLE_TELEMETRY="true",
        CREWAI_TRACING_ENABLED="false",
        OTEL_SDK_DISABLED="true",
        PYTHONWARNINGS="ignore",
    )


def run(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> str:
    process = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert process.returncode == 0, process.stdout[-6000:] + process.stderr[-2000:]
    return process.stdout


each_adapter = pytest.mark.parametrize(
    "adapter", [pytest.param(one, marks=[] if one == ALWAYS else [pytest.mark.wide]) for one in ADAPTERS]
)


def test_every_adapter_has_all_that_belongs_to_one() -> None:
    assert len(ADAPTERS) == 10
    assert set(ADAPTERS) - set(FRAMEWORKS) == {"bedrock"}
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


@each_adapter
def test_the_adapter_keeps_the_contract(adapter: str, runs: dict[str, "Future[str]"]) -> None:
    output = runs[adapter].result()
    assert "100%" in output
    assert "skipped" not in output


EXAMPLE_CALLS = [
    ("search_crm", {"query": "Acme"}, "Acme: renewal in March, contact anna@acme.example"),
    ("read_database", {"table": "invoices"}, "3 rows of invoices"),
    ("send_email", {"to": "anna@acme.example"}, "sent to anna@acme.example"),
]


@each_adapter
def test_the_example_leaves_each_of_its_calls_with_its_digests(
    adapter: str, server: Server, runs: dict[str, "Future[str]"]
) -> None:
    runs[adapter].result()
    sql = """
        SELECT tool_name, input_hash, output_hash, e.status, session_id FROM agent_events e
        JOIN agents a ON a.id = e.agent_id WHERE a.name = $1 ORDER BY timestamp, e.id
    """
    found = query(server.dsn, sql, f"my-{adapter}-agent")
    named = (lambda name: f"crm.{name}") if adapter == "bedrock" else str  # by its action group
    rows = found[: len(EXAMPLE_CALLS)]  # some stay attached, and see the calls of the tests that follow
    assert len({row["session_id"] for row in rows}) == 1
    assert [(row["tool_name"], row["status"]) for row in rows] == [(named(name), "ok") for name, _, _ in EXAMPLE_CALLS]
    assert [row["input_hash"].hex() for row in rows] == [hash_payload(inputs) for _, inputs, _ in EXAMPLE_CALLS]
    wrap = (lambda text: [{"text": text}]) if adapter == "strands" else str  # what Strands makes of a result
    assert [row["output_hash"].hex() for row in rows] == [hash_payload(wrap(output)) for _, _, output in EXAMPLE_CALLS]


FRAMEWORKS = {  # Bedrock's managed agents have none
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


def installed(adapter: str) -> dict[str, str]:
    """Return the distributions in the adapter's environment, and their versions."""
    script = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"
    found = run([python_of(adapter), "-c", script], dict(os.environ)).split()
    return {normalized(name): version for name, _, version in (item.partition("==") for item in found)}


def normalized(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def pinned(adapter: str) -> str:
    """Return the release of the framework that the adapter's lock file names."""
    lock = (ROOT / "requirements" / "integrations" / f"{adapter}.txt").read_text(encoding="utf-8")
    return next(line.split()[0] for line in lock.splitlines() if line.startswith(f"{FRAMEWORKS[adapter]}=="))


def floor(adapter: str) -> str:
    """Return the oldest release of the framework that the adapter's metadata allows."""
    metadata = tomllib.loads((ROOT / "integrations" / adapter / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = f"{FRAMEWORKS[adapter]}>="
    return next(str(one).removeprefix(wanted) for one in metadata["project"]["dependencies"] if one.startswith(wanted))


@pytest.mark.wide
def test_the_environments_hold_the_newest_releases_or_the_oldest_that_are_promised() -> None:
    for adapter in FRAMEWORKS if HAS_OLDEST else ADAPTERS:
        found = installed(adapter)
        if HAS_OLDEST:
            assert _release(found[FRAMEWORKS[adapter]]) == _release(floor(adapter)), adapter
            continue
        lock = (ROOT / "requirements" / "integrations" / f"{adapter}.txt").read_text(encoding="utf-8")
        pins = [line.split(" ")[0] for line in lock.splitlines() if line[:1].isalnum() and ";" not in line]
        for name, _, version in (pin.partition("==") for pin in pins):
            assert found.get(normalized(name)) == version, (adapter, name)


def test_the_page_names_the_versions_that_are_tested() -> None:
    page = (ROOT / "docs" / "integrations" / "README.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `([a-z-]+)` \| ([0-9.]+ to [0-9.]+|[0-9.]+) \|", page, re.M))
    for adapter, framework in FRAMEWORKS.items():
        oldest, newest = floor(adapter), pinned(adapter).partition("==")[2]
        assert named.pop(framework) == (newest if oldest == newest else f"{oldest} to {newest}"), adapter
    assert named == {}


UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each distribution of ours as a wheel, as it would be published."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in [ROOT / "packages/core", ROOT / "packages/sdk", *((ROOT / "integrations" / a) for a in ADAPTERS)]:
        run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], dict(os.environ), project)
    return folder


@pytest.mark.wide
@pytest.mark.parametrize("adapter", FRAMEWORKS)
def test_the_wheel_alone_pulls_the_release_that_is_tested_and_never_an_old_one(adapter: str, wheelhouse: Path) -> None:
    """The wheel is named by its file, since the public index has an unrelated `agentsentinel-crewai` 0.1.0."""
    wheel = next(wheelhouse.glob(f"agentsentinel_{adapter.replace('-', '_')}-*.whl"))
    wanted = wheelhouse / f"{adapter}.in"
    wanted.write_text(f"agentsentinel-{adapter} @ {wheel.as_uri()}\n")
    framework = FRAMEWORKS[adapter]
    command = [UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-header"]
    resolved = run([*command, "--find-links", str(wheelhouse), str(wanted)], dict(os.environ), wheelhouse)
    pulled = next(line.split(" ")[0] for line in resolved.splitlines() if line.startswith(f"{framework}=="))
    assert _release(pulled.partition("==")[2]) >= _release(pinned(adapter).partition("==")[2])
    assert f"agentsentinel-sdk=={__version__}" in resolved


def _release(version: str) -> list[int]:
    """Parse the numbers of a version, so that 2.0 and 2.0.0 are equal."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    return numbers + [0] * (4 - len(numbers))


def test_all_packages_have_one_version_above_those_that_strangers_hold() -> None:
    """Without our wheels an installation must fail instead of taking a stranger's package of that name."""
    files = [
        ROOT / "pyproject.toml",
        *ROOT.glob("packages/*/pyproject.toml"),
        *ROOT.glob("integrations/*/pyproject.toml"),
    ]
    projects = [tomllib.loads(path.read_text(encoding="utf-8"))["project"] for path in files]
    assert len(projects) == len(ADAPTERS) + 6
    assert {project["version"] for project in projects} == {__version__}
    highest_of_strangers = "1.2.0"
    assert _release(__version__) > _release(highest_of_strangers)
    ours = [one for project in projects for one in project.get("dependencies", ()) if one.startswith("agentsentinel-")]
    assert {re.sub("^[a-z-]+", "", one) for one in ours} == {f"~={__version__.partition('.')[0]}.0"}
