"""CSRF protection: the dashboard's cookie, and the headers that prove that the dashboard's own page sent it.

A browser attaches the cookie to requests of any page, so it counts only for requests of the dashboard's own page.
SameSite=Strict keeps pages of other sites out; but a page on another port of this host is the same site to a browser.
So the request must not name a foreign origin, and a change needs a header that a foreign page cannot add without a CORS
preflight.
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
    """The headers of a request that show which page sent it."""

    host: str | None
    origin: str | None
    fetch_site: str | None
    has_dashboard_header: bool

    @property
    def is_own_page(self) -> bool:
        """Whether no header says that a page of another origin sent the request."""
        is_own_origin = self.origin is None or urlsplit(self.origin).netloc == self.host
        return is_own_origin and self.fetch_site in OWN_FETCHES

    def describe(self) -> str:
        """Describe the origin and the host of the request, for an operator who debugs what a proxy changes."""
        return (
            f"This request comes from {_shown(self.origin)} and names the host {_shown(self.host)}: behind a proxy,"
            " pass the Host header on, or set PUBLIC_URL"
        )


def _shown(value: str | None) -> str:
    return printable(value or "")[:100] or "no origin"


def cookie_token(headers: Headers) -> bytes | None:
    """Return the token in the dashboard's cookie, or None without one."""
    for name, value in headers:
        if name == b"cookie" and COOKIE.encode() in value:
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return None
            return morsel.value.encode("latin-1", "replace") if morsel is not None and morsel.value else None
    return None


def signs_of(headers: Headers) -> RequestOrigin:
    """Read the headers that show the origin of a raw ASGI request."""
    found = {name: value.decode("latin-1") for name, value in headers}
    return RequestOrigin(
        found.get(b"host"),
        found.get(b"origin"),
        found.get(b"sec-fetch-site"),
        DASHBOARD_HEADER.lower().encode() in found,
    )


def require_own_page(scope: Scope) -> None:
    """Raise Forbidden unless the dashboard's own page sent this request; a change needs the dashboard's header too."""
    signs = signs_of(scope["headers"])
    if not signs.is_own_page:
        raise Forbidden(f"A session works for the dashboard's own page only. {signs.describe()}")
    if scope["method"] not in SAFE_METHODS and not signs.has_dashboard_header:
        raise Forbidden(
            f"A session works for the dashboard's own page only; changes need the {DASHBOARD_HEADER} header"
        )
