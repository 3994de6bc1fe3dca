"""The public address of the platform, when a reverse proxy stands in front of this server.

A proxy changes requests: the Host may be the upstream's, and the path may have lost its prefix or still carry it. The
address that the browser requested is known from PUBLIC_URL, or from the X-Forwarded headers of a trusted proxy. With it
the request is rewritten once, before all routes, into what it would be without the proxy.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import Scope

from agentsentinel.auth.addresses import Network, is_from
from agentsentinel.wire.pages import BASE_PATH

_PREFIX = re.compile(rb"(?:/[\w.~-]+)+/?", re.ASCII)
"""A path prefix that a proxy may name. It becomes the path of cookies, so nothing else may be in it."""


class PublicAddress:
    """Restores the public host and path prefix of requests that a proxy has changed."""

    def __init__(self, url: str | None, proxies: Sequence[Network]) -> None:
        parts = urlsplit(url or "")
        self._netloc = parts.netloc.encode()
        self._path = parts.path.rstrip("/")
        self._proxies = proxies

    def restore(self, scope: Scope) -> Scope:
        """Return the request's scope with the host as the client sent it, and the path without the public prefix."""
        headers = dict(scope["headers"])
        host, prefix = self._sent_to(scope, headers)
        path = scope["path"]
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :] or "/"
        if host != headers.get(b"host"):
            kept = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {**scope, "headers": [*kept, (b"host", host)]}
        return {**scope, "path": path, BASE_PATH: prefix}

    def _sent_to(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[bytes | None, str]:
        """Return the host and the path prefix of the address that the client requested."""
        host = headers.get(b"host")
        if self._netloc and self._netloc in {host, urlsplit(headers.get(b"origin", b"")).netloc}:
            return self._netloc, self._path
        forwarded = is_from(scope, self._proxies)
        if forwarded:
            host = _last(headers.get(b"x-forwarded-host")) or host
        prefix = _last(headers.get(b"x-forwarded-prefix")) if forwarded else None
        if prefix is not None and _PREFIX.fullmatch(prefix):
            return host, prefix.decode("latin-1").rstrip("/")
        return host, self._path if self._netloc == host or scope["path"].startswith(f"{self._path}/") else ""


def _last(value: bytes | None) -> bytes | None:
    """Return the last entry, which the nearest proxy added; those to the left of it may come from the client."""
    return value.rpartition(b",")[2].strip() or None if value is not None else None


def base_path(scope: Scope) -> str:
    """Return the public prefix of this request's path, such as `/sentinel`; empty without one."""
    prefix: str = scope.get(BASE_PATH, "")
    return prefix
