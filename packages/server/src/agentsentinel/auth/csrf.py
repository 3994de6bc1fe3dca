"""What a browser sends along: the dashboard's cookie, and the signs that our own page sent it.

A cookie comes with whatever page asks, so it counts only for requests of our own one. SameSite=Strict keeps other
sites' pages out; but a page on another port of this host is the same site to a browser. So the request must name no
foreign origin, and a change needs a header that no foreign page may add without asking CORS first.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import Scope

from agentsentinel.errors import Forbidden
from agentsentinel.kit.text import printable

COOKIE = "agentsentinel_session"
DASHBOARD_HEADER = "X-AgentSentinel-Dashboard"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_FETCHES = (None, "same-origin", "none")

Headers = Iterable[tuple[bytes, bytes]]


class RequestOrigin(NamedTuple):
    """The headers that tell where a request comes from."""

    host: str | None
    origin: str | None
    fetch_site: str | None
    has_dashboard_header: bool

    @property
    def is_own_page(self) -> bool:
        """Whether nothing says that another origin's page sent this."""
        is_own_origin = self.origin is None or urlsplit(self.origin).netloc == self.host
        return is_own_origin and self.fetch_site in OWN_FETCHES

    def describe(self) -> str:
        """Which page asked whom, for a person who has to find out what a proxy changes."""
        return (
            f"This request comes from {_shown(self.origin)} and names the host {_shown(self.host)}: behind a proxy,"
            " pass the Host header on, or set PUBLIC_URL"
        )


def _shown(value: str | None) -> str:
    return printable(value or "")[:100] or "no origin"


def cookie_token(headers: Headers) -> bytes | None:
    """The token in the dashboard's cookie, if there is one."""
    for name, value in headers:
        if name == b"cookie" and COOKIE.encode() in value:
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return None
            return morsel.value.encode("latin-1", "replace") if morsel is not None and morsel.value else None
    return None


def signs_of(headers: Headers) -> RequestOrigin:
    """The signs of a raw ASGI request."""
    found = {name: value.decode("latin-1") for name, value in headers}
    return RequestOrigin(
        found.get(b"host"),
        found.get(b"origin"),
        found.get(b"sec-fetch-site"),
        DASHBOARD_HEADER.lower().encode() in found,
    )


def require_own_page(scope: Scope) -> None:
    """Raise Forbidden unless our own page sent this request, and, for a change, says so."""
    signs = signs_of(scope["headers"])
    if not signs.is_own_page:
        raise Forbidden(f"A session works for the dashboard's own page only. {signs.describe()}")
    if scope["method"] not in SAFE_METHODS and not signs.has_dashboard_header:
        raise Forbidden(
            f"A session works for the dashboard's own page only; changes need the {DASHBOARD_HEADER} header"
        )
