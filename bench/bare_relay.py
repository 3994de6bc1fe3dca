"""The yardstick of the shim: a relay on the same HTTP stack that forwards bytes and looks at none of them.

Run as `python -m bench.bare_relay PORT ADDRESS`.
"""

import asyncio
import sys
from typing import Any

import aiohttp
import uvicorn
from yarl import URL

HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"te", b"upgrade"})


class BareRelay:
    """An ASGI application that forwards each request to the origin of an address."""

    def __init__(self, address: str) -> None:
        self._origin = URL(address).origin()
        self._client = aiohttp.ClientSession(auto_decompress=False)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Relay one HTTP request."""
        if scope["type"] != "http":
            return
        body, is_more = b"", True
        while is_more:
            message = await receive()
            body += message.get("body", b"")
            is_more = message.get("more_body", False)
        headers = [
            (name.decode(), value.decode()) for name, value in scope["headers"] if name not in HOP_BY_HOP | {b"host"}
        ]
        url = URL(f"{self._origin}{scope['raw_path'].decode()}", encoded=True)
        request = self._client.request(scope["method"], url, headers=headers, data=body, allow_redirects=False)
        async with request as response:
            kept = [(name.lower(), value) for name, value in response.raw_headers if name.lower() not in HOP_BY_HOP]
            await send({"type": "http.response.start", "status": response.status, "headers": kept})
            async for piece in response.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _serve() -> None:
    config = uvicorn.Config(
        BareRelay(sys.argv[2]),
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(_serve())
