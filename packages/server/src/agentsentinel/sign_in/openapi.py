"""Describe the session cookie in the OpenAPI document, as a second way to authenticate."""

from typing import Any

from agentsentinel.auth.csrf import COOKIE

SCHEME = "Session"
SIGN_IN_PATH = "/api/v1/session"


def describe_sign_in(document: dict[str, Any]) -> None:
    """Add the cookie to all operations that accept a key, except reporting; sign-in needs neither."""
    document["components"]["securitySchemes"][SCHEME] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "post" and path == SIGN_IN_PATH:
                operation["security"] = []
            elif operation.get("security") and not (method == "post" and path in REPORTING):
                operation["security"] = [*operation["security"], {SCHEME: []}]


REPORTING = ("/api/v1/events", "/api/v1/events/batch")
"""Paths of the reporting routes, which accept keys only: no browser session reports events."""
