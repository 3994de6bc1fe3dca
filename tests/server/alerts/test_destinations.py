"""The settings name the destinations, each once and in a fixed order."""

from pathlib import Path

import pytest

from agentsentinel.alerts.destinations import build_destinations
from agentsentinel.config import ConfigError, Settings
from server.alerts.support import WEBHOOK, WEBHOOK_SECRET


def test_no_setting_means_no_destination() -> None:
    assert build_destinations(Settings()) == ()


def test_each_setting_makes_its_destination_and_shows_no_secret(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {
            "slack_webhook_url": WEBHOOK,
            "alert_webhook_url": "https://example.com/hidden-word",
            "alert_webhook_secret": WEBHOOK_SECRET,
            "alert_apprise_urls": '["json://localhost/hidden-word", "xml://localhost/hidden-word"]',
            "ocsf_file": tmp_path / "ocsf.jsonl",
            "ocsf_syslog": "tls://siem.example.com",
            "ocsf_webhook_url": "https://siem.example.com:8443/hidden-word",
            "ocsf_webhook_token": "hidden-word",
        }
    )
    built = build_destinations(settings)
    assert [(one.name, one.target) for one in built] == [
        ("slack", "hooks.slack.com"),
        ("webhook", "https://example.com"),
        ("apprise-1", "JSON"),
        ("apprise-2", "XML"),
        ("ocsf-file", str(tmp_path / "ocsf.jsonl")),
        ("ocsf-syslog", "tls://siem.example.com:6514"),
        ("ocsf-webhook", "https://siem.example.com:8443"),
    ]
    assert "hidden-word" not in repr(settings) + str([(one.name, one.target) for one in built])


def test_a_url_that_apprise_does_not_know_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="URL 1 of 1"):
        build_destinations(Settings.model_validate({"alert_apprise_urls": '["what://is-this"]'}))
