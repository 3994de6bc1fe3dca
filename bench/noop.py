"""The yardstick of a single event: a bare FastAPI route that validates the same body and does nothing with it.

Run as `python -m bench.noop PORT`. Event loop, HTTP server and garbage collector are set as the product sets them.
"""

import asyncio
import socket
import sys
from typing import Annotated, Literal
from uuid import UUID

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field

from agentsentinel.commands.serve import BACKLOG, spare_the_collector, uvicorn_config

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


class EventIn(BaseModel):
    """A tool call as a client reports it, with the product's constraints."""

    agent_id: UUID
    tool_name: Annotated[str, Field(min_length=1, max_length=255)]
    input_hash: Digest
    output_hash: Digest
    duration_ms: Annotated[int, Field(ge=0, le=300_000)] | None = None
    session_id: Annotated[str, Field(max_length=255)] | None = None
    tool_call_id: Annotated[str, Field(max_length=255)] | None = None
    status: Literal["ok", "error", "denied"] = "ok"
    event_id: UUID | None = None
    timestamp: AwareDatetime | None = None


@app.post("/api/v1/events", status_code=201)
async def accept_event(event: EventIn) -> dict[str, str]:
    """Accept the event and do nothing with it."""
    return {"status": "ok"}


@app.get("/health")
async def get_health() -> dict[str, str]:
    """Answer that the server runs."""
    return {"status": "ok"}


async def _serve(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
        spare_the_collector()
        await uvicorn.Server(uvicorn_config(app)).serve(sockets=[listener])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
