"""API schemas of the destinations of alerts."""

from datetime import datetime

from pydantic import BaseModel, Field


class DestinationOut(BaseModel):
    """One configured destination, with its deliveries of the last 30 days. No secret is shown."""

    destination: str = Field(description="slack, webhook, apprise-1, ocsf-file, ocsf-syslog or ocsf-webhook")
    target: str = Field(description="Host, path or service; never an address with its path or token")
    sent: int
    failed: int = Field(description="Given up after the last attempt")
    waiting: int
    last_sent_at: datetime | None
    last_error: str | None = Field(description="Error of the newest attempt; null if that succeeded")


class TestResultOut(BaseModel):
    """The result of a test event at one destination."""

    destination: str
    ok: bool = Field(description="Whether the destination accepted the event")
    detail: str = Field(description="What the receiver answered, or why it was not reached")
