"""Headers and methods that the answers of all ordinary endpoints have in common."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"vary", b"X-API-Key, Cookie"),
)
"""Default headers of JSON answers: they depend on the caller's credentials, and no cache may store them."""
_JSON = (b"application/json", b"application/problem+json")
_ENDLESS = "/stream"


class CommonAnswers:
    """ASGI middleware that answers HEAD like GET without the body, and sets `JSON_HEADERS` on JSON answers.

    These headers keep JSON out of caches, and prevent browsers from sniffing another content type.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request, or the lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _completed(message["headers"])}
            await send(message)

        if scope["method"] == "HEAD" and not scope["path"].endswith(_ENDLESS):
            scope = {**scope, "method": "GET"}  # the HTTP server still has the original scope, and omits the body
        await self._app(scope, receive, send_with_headers)


def _completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower(): value for name, value in headers}
    if not given.get(b"content-type", b"").startswith(_JSON):
        return headers
    return [*headers, *((name, value) for name, value in JSON_HEADERS if name not in given)]
