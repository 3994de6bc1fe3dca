"""What every answer of the ordinary endpoints has in common, whatever the route."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"vary", b"X-API-Key, Cookie"),
)
"""Of an answer in JSON, where the endpoint says nothing else: it depends on who asks, and is nobody's to keep."""
_JSON = (b"application/json", b"application/problem+json")
_ENDLESS = "/stream"


class CommonAnswers:
    """HEAD is answered like GET without the body, and JSON is neither cached nor taken for something else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI request, or the lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _completed(message["headers"])}
            await send(message)

        if scope["method"] == "HEAD" and not scope["path"].endswith(_ENDLESS):
            scope = {**scope, "method": "GET"}  # the HTTP server, which has the scope as it was, leaves the body out
        await self._app(scope, receive, send_with_headers)


def _completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower(): value for name, value in headers}
    if not given.get(b"content-type", b"").startswith(_JSON):
        return headers
    return [*headers, *((name, value) for name, value in JSON_HEADERS if name not in given)]
