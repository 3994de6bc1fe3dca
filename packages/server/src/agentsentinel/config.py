"""All settings, from the environment. Read once at startup and passed on; no other module reads the environment."""

import base64
import ipaddress
import json
import os
import re
import stat
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_MIN_LENGTH = 32
DEV_SECRET = "agentsentinel-development-secret-never-in-production"  # noqa: S105 - refused unless explicitly allowed
TEMPLATE_MARK = "<generate"
ENV_FILE = "AGENTSENTINEL_ENV_FILE"
SLACK_HOST = "hooks.slack.com"
WEBHOOK_SECRET_PREFIX = "whsec_"  # noqa: S105 - marks a secret of Standard Webhooks
WEBHOOK_KEY_BYTES = range(24, 65)
"""Lengths that Standard Webhooks allows for a key; 24 bytes are 32 characters in base64."""
OcsfVersion = Literal["1.6.0", "1.7.0", "1.8.0", "1.9.0"]


class ConfigError(Exception):
    """A setting is unsafe or invalid. The message names the setting and what to do."""


def _empty_is_unset(value: object) -> object:
    return None if value == "" else value


def _read_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('must be a JSON array, such as ["https://dashboard.example.com"] or ["10.0.0.0/8"]') from None


def _read_secrets(value: object) -> object:
    return () if value == "" else _read_json(value)


OptionalText = Annotated[str | None, BeforeValidator(_empty_is_unset)]
OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_unset)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_empty_is_unset)]


class Settings(BaseSettings):
    """The server's settings. Names are the environment variables, in lower case."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    database_url: OptionalText = Field(
        None, description="URL of a PostgreSQL 16+. Unset: `up` runs its own in the data directory"
    )
    postgres_host: OptionalText = Field(
        None, description="Host of a PostgreSQL of your own, in place of DATABASE_URL; with the three below"
    )
    postgres_user: str = Field("agentsentinel", description="Role to connect as at POSTGRES_HOST")
    postgres_password: SecretStr | None = Field(None, description="Password of POSTGRES_USER")
    postgres_db: str = Field("agentsentinel", description="Database at POSTGRES_HOST")
    redis_url: Annotated[SecretStr | None, BeforeValidator(_empty_is_unset)] = Field(
        None, description="URL of a Redis 7+ or Valkey, for several servers: redis://:password@host:6379/0"
    )
    redis_password: SecretStr | None = Field(None, description="Not read: the password belongs into REDIS_URL")
    secret_key: SecretStr = Field(SecretStr(""), description="HMAC secret of the API keys, at least 32 characters")
    sentinel_allow_weak_secret: bool = Field(False, description="Development only: accept a missing or weak SECRET_KEY")
    bootstrap_key_file: Annotated[Path | None, BeforeValidator(_empty_is_unset)] = Field(
        None, description="Write the first admin key to this file (0600) instead of stderr"
    )
    agentsentinel_data_dir: Annotated[Path | None, BeforeValidator(_empty_is_unset)] = Field(
        None, description="Data directory of the embedded platform"
    )
    posture_ruleset: Literal["all", "core"] = Field("all", description="`core` limits the rules to the six core ones")
    session_alert_budget: float = Field(
        10.0, ge=0.1, le=500.0, description="False alarms in 1,000 normal sessions that are acceptable: the alert line"
    )
    silence_factor: float = Field(
        3.0, ge=1.0, le=100.0, description="An agent is silent after so many times its usual longest pause"
    )
    silence_min_hours: float = Field(
        1.0, ge=0.1, le=720.0, description="Hours without a report before which no agent is silent"
    )
    event_retention_days: int = Field(90, ge=8, le=3650, description="Days after which events are deleted")
    max_tools_per_agent: int = Field(
        2_000,
        ge=10,
        le=20_000,
        description="Tools of an agent with counters of their own; calls of others count as one tool",
    )
    show_docs: bool = Field(False, description="Serve /docs, /redoc and /openapi.json")
    slack_webhook_url: Annotated[SecretStr | None, BeforeValidator(_empty_is_unset)] = Field(
        None, description="Slack webhook for CRITICAL findings: https on hooks.slack.com only"
    )
    alert_webhook_url: OptionalSecret = Field(
        None, description="Webhook for alerts, signed by Standard Webhooks: https, or http on this machine"
    )
    alert_webhook_secret: OptionalSecret = Field(
        None, description="Signs the alerts to ALERT_WEBHOOK_URL: whsec_ and 32 characters or more of base64"
    )
    alert_apprise_urls: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_read_secrets)] = Field(
        (), description="JSON array of Apprise URLs for alerts: Teams, PagerDuty, mail and others"
    )
    alert_min_severity: Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"] = Field(
        "CRITICAL", description="Lowest severity of alerts by webhook and Apprise; Slack gets CRITICAL ones only"
    )
    ocsf_file: OptionalPath = Field(None, description="Append each change of a finding to this file, as OCSF in JSON")
    ocsf_syslog: OptionalText = Field(
        None, description="Syslog server for OCSF, by RFC 5424: udp://host:514, tcp://host:514 or tls://host:6514"
    )
    ocsf_webhook_url: OptionalSecret = Field(
        None, description="Address that each OCSF event is posted to: https, or http on this machine"
    )
    ocsf_webhook_token: OptionalSecret = Field(None, description="Bearer token for OCSF_WEBHOOK_URL")
    ocsf_version: OcsfVersion = Field(
        "1.8.0", description="Version of OCSF to write. 1.9.0 was in development when this was written"
    )
    failed_sign_ins_per_minute: int = Field(
        20, ge=1, le=1_000_000, description="Requests with a wrong key that an address may send a minute; then 429"
    )
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_read_json)] = Field(
        (), description="JSON array of the addresses or networks of proxies whose X-Forwarded headers are trusted"
    )
    public_url: OptionalText = Field(None, description="Public URL of the platform, behind a proxy or below a path")
    otlp_hash_key: Annotated[SecretStr | None, BeforeValidator(_empty_is_unset)] = Field(
        None, description="HMAC-SHA256 key for the digests of span contents: the SDK's AGENTSENTINEL_HASH_KEY"
    )
    otel_exporter_otlp_endpoint: OptionalText = Field(
        None, description="OTLP/HTTP endpoint for traces of the platform's own requests, such as http://collector:4318"
    )
    otel_exporter_otlp_traces_endpoint: OptionalText = Field(
        None, description="The same with its path, in place of OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    otel_sdk_disabled: bool = Field(False, description="Turn tracing off although an endpoint is set")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field("INFO", description="Logging level")
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_read_json)] = Field(
        ("http://localhost:5174", "http://localhost:5173", "http://localhost:3000"),
        description="JSON array of the origins that may call the API from a browser; * is refused",
    )

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        for name, password in (("POSTGRES_PASSWORD", self.postgres_password), ("REDIS_PASSWORD", self.redis_password)):
            if password is not None and TEMPLATE_MARK in password.get_secret_value():
                raise ValueError(f"{name} still holds the text of the template: make one with `openssl rand -hex 24`")
        if "*" in self.cors_origins:
            raise ValueError("CORS_ORIGINS holds *, which lets any web page call the API: name the origins")
        if self.slack_webhook_url is not None:
            check_slack_url(self.slack_webhook_url.get_secret_value())
        self._check_alerts()
        if self.public_url is not None:
            check_public_url(self.public_url)
        if self.redis_url is not None:
            check_redis_url(self.redis_url.get_secret_value())
        return self

    def _check_alerts(self) -> None:
        for name, url in (("ALERT_WEBHOOK_URL", self.alert_webhook_url), ("OCSF_WEBHOOK_URL", self.ocsf_webhook_url)):
            if url is not None:
                check_receiver_url(name, url.get_secret_value())
        if self.alert_webhook_url is not None and self.alert_webhook_secret is None:
            raise ValueError(f"ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET: {_MAKE_WEBHOOK_SECRET}")
        if self.alert_webhook_secret is not None:
            webhook_key(self.alert_webhook_secret.get_secret_value())
        if self.ocsf_syslog is not None:
            check_syslog_url(self.ocsf_syslog)

    @property
    def is_embedded(self) -> bool:
        """Whether the platform runs its own PostgreSQL."""
        return self.database_url is None and self.postgres_host is None

    def require_database_url(self) -> str:
        """Return the SQLAlchemy URL (postgresql+asyncpg://...) of the configured database, or raise ConfigError."""
        if self.database_url is not None:
            return async_database_url(self.database_url)
        if self.postgres_host is None or self.postgres_password is None:
            raise ConfigError("DATABASE_URL is not set: use postgresql://user:password@host/database")
        password = quote(self.postgres_password.get_secret_value(), safe="")
        return f"postgresql+asyncpg://{self.postgres_user}:{password}@{self.postgres_host}/{self.postgres_db}"

    def require_secret(self) -> bytes:
        """Return the HMAC secret. Raises ConfigError when it is missing or weak, unless that is explicitly allowed."""
        secret = self.secret_key.get_secret_value()
        problem = secret_problem(secret)
        if problem is None:
            return secret.encode()
        if self.sentinel_allow_weak_secret:
            return (secret or DEV_SECRET).encode()
        raise ConfigError(f"SECRET_KEY {problem}: make one with `openssl rand -hex 32`")


def read_settings() -> Settings:
    """Read the settings of a command from the environment, then from `.env` in the current folder.

    AGENTSENTINEL_ENV_FILE names another file, or none when it is empty. Raises ValidationError.
    """
    return Settings(_env_file=os.environ.get(ENV_FILE, ".env") or None)


def describe_invalid_settings(error: ValidationError) -> list[str]:
    """Describe each invalid setting in one line, without its value."""
    return [
        f"{str(one['loc'][0]).upper() if one['loc'] else ''} {one['msg'].removeprefix('Value error, ')}".strip()
        for one in error.errors()
    ]


def async_database_url(url: str) -> str:
    """Convert a PostgreSQL URL to one with the async driver. Raises ConfigError for anything else."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise ConfigError("DATABASE_URL must be a postgresql:// address; no other database is supported")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ConfigError(
            "DATABASE_URL has no valid host or port: use postgresql://user:password@host:5432/database, with %40 for"
            " an @ in the password, %2F for a / and so on"
        ) from None
    # People use libpq's name of this parameter; SQLAlchemy's asyncpg dialect expects another one.
    return re.sub(r"([?&])sslmode=", r"\1ssl=", f"postgresql+asyncpg://{rest}")


def driver_url(url: str) -> str:
    """Convert a SQLAlchemy URL to one that asyncpg itself accepts."""
    return re.sub(r"([?&])ssl=", r"\1sslmode=", url.replace("postgresql+asyncpg://", "postgresql://", 1))


def secret_problem(secret: str) -> str | None:
    """Describe what is wrong with a SECRET_KEY, or return None."""
    if not secret:
        return "is not set"
    if TEMPLATE_MARK in secret:
        return "still holds the text of the template"
    if len(secret) < SECRET_MIN_LENGTH:
        return f"is shorter than {SECRET_MIN_LENGTH} characters"
    if len(set(secret)) < 8 or secret == DEV_SECRET:
        return "is easy to guess"
    return None


def check_slack_url(url: str) -> None:
    """Raise ValueError unless this is an https address on hooks.slack.com, the only host that gets alerts."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.netloc != SLACK_HOST:
        raise ValueError(f"SLACK_WEBHOOK_URL must begin with https://{SLACK_HOST}/ (no other host, port or user)")


def check_receiver_url(setting: str, url: str) -> None:
    """Raise ValueError, which names the setting, unless this is an address that alerts may be posted to.

    That is https, or http to this machine, and without a user, since a password belongs into a setting of its own.
    """
    problem = f"{setting} must be like https://example.com/path (http to localhost only, no user, no fragment)"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(problem) from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    if not is_safe or not parts.hostname or "@" in parts.netloc or parts.fragment or not _is_plain(url):
        raise ValueError(problem)


def check_syslog_url(url: str) -> None:
    """Raise ValueError unless this names a transport and a host of syslog."""
    problem = "OCSF_SYSLOG must be like udp://host:514, tcp://host:514 or tls://host:6514"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(problem) from None
    has_more = parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"udp", "tcp", "tls"} or not parts.hostname or has_more or port == 0 or not _is_plain(url):
        raise ValueError(problem)


def webhook_key(secret: str) -> bytes:
    """Return the key in a secret of Standard Webhooks, `whsec_` and base64. Raises ValueError."""
    try:
        key = base64.b64decode(secret.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(WEBHOOK_SECRET_PREFIX) or len(key) not in WEBHOOK_KEY_BYTES or len(set(key)) < 8:
        raise ValueError(
            f"ALERT_WEBHOOK_SECRET must be whsec_ and base64 of 24 to 64 random bytes: {_MAKE_WEBHOOK_SECRET}"
        )
    return key


_MAKE_WEBHOOK_SECRET = 'make one with `echo "whsec_$(openssl rand -base64 32)"`'  # noqa: S105 - a command


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url


def check_public_url(url: str) -> None:
    """Raise ValueError unless this is the address of a web page, without a query."""
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.netloc
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise ValueError("PUBLIC_URL must be like https://sentinel.example.com or https://example.com/sentinel")


def check_redis_url(url: str) -> None:
    """Raise ValueError unless this is the address of a Redis."""
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss", "unix"} or not (parts.hostname or parts.path):
        raise ValueError("REDIS_URL must be like redis://:password@host:6379/0 (rediss:// with TLS)")


def default_data_dir() -> Path:
    """Return the default data directory: under /var/lib for root, whose home PostgreSQL's user cannot enter."""
    if os.geteuid() == 0:
        return Path("/var/lib/agentsentinel")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "agentsentinel"


def read_private_file(path: Path) -> str:
    """Read a secret from a file. Raises ConfigError when other users could read the file too."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError(f"{path} can be read by others: chmod 600 {path}")
    return path.read_text().strip()


def write_private_file(path: Path, text: str) -> None:
    """Create a file that no other user can ever read (0600 from the start). Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
