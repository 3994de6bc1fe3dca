"""Sessions in the OpenAPI document: the cookie as a second way to say who asks."""

from typing import Any

from agentsentinel.auth.csrf import COOKIE

SCHEME = "Session"
SIGN_IN_PATH = "/api/v1/session"


def describe_sign_in(document: dict[str, Any]) -> None:
    """Add the cookie wherever a key may be sent, save for reporting; signing in needs neither."""
    document["components"]["securitySchemes"][SCHEME] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "post" and path == SIGN_IN_PATH:
                operation["security"] = []
            elif operation.get("security") and not (method == "post" and path in REPORTING):
                operation["security"] = [*operation["security"], {SCHEME: []}]


REPORTING = ("/api/v1/events", "/api/v1/events/batch")
"""Agents report with their keys, never with a browser's session."""
