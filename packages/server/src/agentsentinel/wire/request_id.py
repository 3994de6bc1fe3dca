"""The id of a request: the X-Request-ID of the caller or a proxy, else a new one; it is in log lines and the answer."""

import re
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-request-id"
_PLAIN = re.compile(rb"[\w.:+/=@-]{1,128}")


class RequestId:
    """ASGI middleware that gives each request an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request, or the lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or uuid4().hex.encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (HEADER, request_id)]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id.decode("ascii")):
            await self._app(scope, receive, send_with_id)


def _given(scope: Scope) -> bytes | None:
    """Return the id that came with the request, if it is short and of plain characters."""
    for name, value in scope["headers"]:
        if name == HEADER:
            return bytes(value) if _PLAIN.fullmatch(value) else None
    return None
