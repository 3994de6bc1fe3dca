"""Route of requests whose body is a manifest, which may be megabytes."""

import asyncio
from typing import Any

from fastapi import Request, Response

from agentsentinel.auth.authorization import AuthorizedRoute, Handler
from agentsentinel.composition import Platform
from agentsentinel.manifests.parsing import parse
from agentsentinel.wire.body import MAX_MANIFEST_BYTES, ClientGone, read_body
from agentsentinel.wire.head import read_head


class ManifestRoute(AuthorizedRoute):
    """Route whose body is a manifest: memory for it is reserved before it is read, and it is parsed in a thread."""

    async def respond(self, handle: Handler, request: Request) -> Response:
        """Reserve memory, then read the body and call the endpoint.

        Raises Overloaded, Unavailable, TooLarge and TooSlow.
        """
        platform: Platform = request.app.state.platform
        length = read_head(request.scope["headers"]).length
        size = MAX_MANIFEST_BYTES if length is None else min(length, MAX_MANIFEST_BYTES)
        with platform.admission.hold(request.state.principal, size):
            try:
                body = await read_body(request.receive)
            except ClientGone:
                return Response(status_code=400)  # there is no client left to read it
            return await handle(_ManifestRequest(request, body))


class _ManifestRequest(Request):
    """Request whose body has been read."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self._read = body

    async def body(self) -> bytes:
        return self._read

    async def json(self) -> Any:
        return await asyncio.to_thread(parse, self._read)
