"""Settings: read from the environment, refused when they are unsafe, never repeated in an error."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from agentsentinel.config import (
    DEV_SECRET,
    ConfigError,
    Settings,
    async_database_url,
    describe_invalid_settings,
    read_private_file,
)
from agentsentinel.config import write_private_file as write
from server.support import environment

GOOD = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment the tests run in."""
    kept = environment()
    for name in Settings.model_fields:
        if name.upper() not in kept:
            monkeypatch.delenv(name.upper(), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.mark.parametrize(
    "secret",
    ["", "changeme", "a" * 31, "x" * 64, "abababababababababababababababab", "<generate with openssl rand -hex 32>"],
)
def test_a_weak_secret_is_refused_unless_that_is_asked_for(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    with pytest.raises(ConfigError, match=r"^SECRET_KEY .*openssl rand -hex 32") as refusal:
        read(monkeypatch, SECRET_KEY=secret).require_secret()
    assert not secret or secret not in str(refusal.value)
    allowed = read(monkeypatch, SECRET_KEY=secret, SENTINEL_ALLOW_WEAK_SECRET="true")
    assert allowed.require_secret() == (secret or DEV_SECRET).encode()


def test_the_development_secret_is_not_taken_by_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError):
        read(monkeypatch, SECRET_KEY=DEV_SECRET).require_secret()


def test_a_good_secret_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, SECRET_KEY=GOOD).require_secret() == GOOD.encode()


def test_the_former_name_of_the_weak_secret_switch_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError):
        read(monkeypatch, ALLOW_WEAK_SECRET="true").require_secret()


def test_secrets_are_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = "https://hooks.slack.com/services/private"
    settings = read(monkeypatch, SECRET_KEY=GOOD, SLACK_WEBHOOK_URL=hook, POSTGRES_PASSWORD="hidden-word")
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert not [secret for secret in (GOOD, "private", "hidden-word") if secret in text]


@pytest.mark.parametrize("origins", ['["*"]', '["http://localhost:5174", "*"]'])
def test_every_origin_at_once_is_refused(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    with pytest.raises(ValidationError, match="name the origins"):
        read(monkeypatch, CORS_ORIGINS=origins)


def test_origins_are_a_json_array(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, CORS_ORIGINS='["https://a.example"]').cors_origins == ("https://a.example",)


def test_the_dashboard_is_an_origin_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "http://localhost:5174" in read(monkeypatch).cors_origins


@pytest.mark.parametrize(
    "name", ["SLACK_WEBHOOK_URL", "DATABASE_URL", "POSTGRES_HOST", "BOOTSTRAP_KEY_FILE", "AGENTSENTINEL_DATA_DIR"]
)
def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert getattr(read(monkeypatch, **{name: ""}), name.lower()) is None


def test_a_webhook_elsewhere_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="SLACK_WEBHOOK_URL") as refusal:
        read(monkeypatch, SLACK_WEBHOOK_URL="https://evil.example/services/private")
    assert "private" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EVENT_RETENTION_DAYS", "7"),
        ("EVENT_RETENTION_DAYS", "3651"),
        ("EVENT_RETENTION_DAYS", "many"),
        ("LOG_LEVEL", "LOUD"),
        ("POSTURE_RULESET", "none"),
        ("SHOW_DOCS", "perhaps"),
        ("SENTINEL_ALLOW_WEAK_SECRET", "perhaps"),
    ],
)
def test_a_value_that_means_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        read(monkeypatch, **{name: value})


def test_the_safe_choice_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert (settings.show_docs, settings.sentinel_allow_weak_secret, settings.slack_webhook_url) == (False, False, None)
    assert (settings.posture_ruleset, settings.event_retention_days, settings.is_embedded) == ("all", 90, True)


def test_the_database_is_given_whole_or_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, POSTGRES_HOST="db:5432", POSTGRES_PASSWORD="p@ss/word")
    assert settings.require_database_url() == ("postgresql+asyncpg://agentsentinel:p%40ss%2Fword@db:5432/agentsentinel")
    settings = read(monkeypatch, DATABASE_URL="postgres://u:p@h/d")
    assert settings.require_database_url() == "postgresql+asyncpg://u:p@h/d"
    assert not settings.is_embedded


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://u@h/d", "postgresql", "h/d"])
def test_no_other_database_is_supported(url: str) -> None:
    with pytest.raises(ConfigError, match="postgresql://"):
        async_database_url(url)


def test_a_host_without_a_password_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        read(monkeypatch, POSTGRES_HOST="db").require_database_url()


def test_a_secret_file_is_private_from_the_start_and_never_overwritten(folder: Path) -> None:
    path = folder / "secret"
    write(path, "text")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_private_file(path) == "text"
    with pytest.raises(FileExistsError):
        write(path, "other")
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_private_file(path)


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "REDIS_PASSWORD"])
def test_a_password_that_still_holds_the_template_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, SECRET_KEY=GOOD, **{name: "<generate: openssl rand -hex 24>"})
    (line,) = describe_invalid_settings(refused.value)
    assert line.startswith(f"{name} still holds the text of the template")
