"""The token that clients of a shim beyond loopback show.

It has a header of its own: `Authorization` belongs to the MCP server, and passes untouched.
"""

from __future__ import annotations

from hmac import compare_digest

from agentsentinel_shim.headers import RawHeaders

TOKEN_HEADER = b"x-agentsentinel-token"
CHALLENGE = b'X-AgentSentinel-Token realm="sentinel shim"'
"""A scheme of its own, so that clients do not ask the MCP server's authorization server for a Bearer token."""
LEAST_LENGTH = 16
"""Characters of a token: a shorter one could be guessed by trying, since attempts are not counted."""


class TokenCheck:
    """Checks the token of requests.

    Args:
        token: the token; None lets every request pass.
    """

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()

    def is_allowed(self, headers: RawHeaders) -> bool:
        """Whether the request shows the token; how long that takes does not depend on how much of it is right."""
        shown = [value for name, value in headers if name.lower() == TOKEN_HEADER]
        return self._token is None or (len(shown) == 1 and compare_digest(shown[0], self._token))


def without_token(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """Return the headers for the MCP server, which the token is not meant for."""
    return [(name, value) for name, value in headers if name.lower() != TOKEN_HEADER]


def weakness_of(token: str) -> str | None:
    """Return why a token cannot be used, or None."""
    if len(token) < LEAST_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        return f"the token needs {LEAST_LENGTH} or more printable ASCII characters without spaces"
    return None
