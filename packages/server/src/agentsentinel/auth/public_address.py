"""The address that people and agents use, when a proxy stands between them and this server.

A proxy changes what a request says about itself: the Host may be the upstream's, the path may have lost its prefix or
still carry it. What the browser asked for is known from PUBLIC_URL, or from the X-Forwarded headers of a trusted proxy;
with it the request is rewritten once, in front of all routes, into what it would be without the proxy.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import Scope

from agentsentinel.auth.addresses import Network, is_from
from agentsentinel.kit.pages import BASE_PATH


class PublicAddress:
    """Where the platform is for those outside."""

    def __init__(self, url: str | None, proxies: Sequence[Network]) -> None:
        parts = urlsplit(url or "")
        self._netloc = parts.netloc.encode()
        self._path = parts.path.rstrip("/")
        self._proxies = proxies

    def restore(self, scope: Scope) -> Scope:
        """The request as it was sent, with the path below the prefix."""
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
        """The host and the prefix of the address that was asked for."""
        host = headers.get(b"host")
        if self._netloc and self._netloc in {host, urlsplit(headers.get(b"origin", b"")).netloc}:
            return self._netloc, self._path
        forwarded = is_from(scope, self._proxies)
        if forwarded:
            host = _last(headers.get(b"x-forwarded-host")) or host
        prefix = _last(headers.get(b"x-forwarded-prefix")) if forwarded else None
        if prefix is not None and prefix.startswith(b"/"):
            return host, prefix.decode("latin-1").rstrip("/")
        return host, self._path if self._netloc == host or scope["path"].startswith(f"{self._path}/") else ""


def _last(value: bytes | None) -> bytes | None:
    """The entry of the proxy next to us; what stands left of it, a client may have sent."""
    return value.rpartition(b",")[2].strip() or None if value is not None else None


def base_path(scope: Scope) -> str:
    """What stands before this request's path outside."""
    prefix: str = scope.get(BASE_PATH, "")
    return prefix
