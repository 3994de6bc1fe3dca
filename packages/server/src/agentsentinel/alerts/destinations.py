"""The destinations that the settings name."""

from agentsentinel.alerts.apprise_service import apprise_services
from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.ocsf_file import OcsfFile
from agentsentinel.alerts.ocsf_syslog import OcsfSyslog
from agentsentinel.alerts.ocsf_webhook import OcsfWebhook
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.alerts.webhook import SignedWebhook
from agentsentinel.config import Settings
from agentsentinel_core.findings import Severity


def build_destinations(settings: Settings) -> tuple[Destination, ...]:
    """Build all destinations. Raises ConfigError for one that cannot work with what is installed."""
    return (*_alerts(settings), *_exports(settings))


def _alerts(settings: Settings) -> list[Destination]:
    lowest, found = Severity(settings.alert_min_severity), list[Destination]()
    if settings.slack_webhook_url is not None:
        found.append(SlackWebhook(settings.slack_webhook_url.get_secret_value()))
    if settings.alert_webhook_url is not None and settings.alert_webhook_secret is not None:
        url, secret = settings.alert_webhook_url, settings.alert_webhook_secret
        found.append(SignedWebhook(url.get_secret_value(), secret.get_secret_value(), lowest))
    return [*found, *apprise_services([url.get_secret_value() for url in settings.alert_apprise_urls], lowest)]


def _exports(settings: Settings) -> list[Destination]:
    version, found = settings.ocsf_version, list[Destination]()
    if settings.ocsf_file is not None:
        found.append(OcsfFile(settings.ocsf_file, version))
    if settings.ocsf_syslog is not None:
        found.append(OcsfSyslog(settings.ocsf_syslog, version))
    if settings.ocsf_webhook_url is not None:
        token = settings.ocsf_webhook_token
        url = settings.ocsf_webhook_url.get_secret_value()
        found.append(OcsfWebhook(url, token.get_secret_value() if token is not None else None, version))
    return found
