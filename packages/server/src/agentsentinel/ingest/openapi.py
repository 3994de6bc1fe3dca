"""Describe the reporting routes in the OpenAPI document, from the types that decode their bodies."""

from typing import Any

import msgspec

from agentsentinel.ingest.event import BatchAnswer, BatchReport, EventReport, Refused, ScoredEvent, Stored
from agentsentinel.ingest.route import BATCH_PATH, EVENT_PATH
from agentsentinel.wire.body import limit_in_words
from agentsentinel.wire.problems import MEDIA_TYPE

REFUSALS = {
    401: "The key is missing, unknown, revoked or expired",
    403: "The key may not report for this agent",
    404: "Unknown agent",
    409: "The event id belongs to another agent's event",
    415: "The Content-Type is not JSON",
    422: "The body is not JSON, or a field is missing or invalid",
    429: "Too many wrong keys from this address, or this sender's share of the server is used up: see Retry-After",
    503: "Not stored now; try again after Retry-After seconds",
}
SECURITY = "ApiKey"


def describe_ingest(document: dict[str, Any]) -> None:
    """Add the reporting routes, the key scheme and the shape of errors to FastAPI's document."""
    (event, batch, scored, stored, refused), schemas = msgspec.json.schema_components(
        (EventReport, BatchReport, ScoredEvent, Stored, Refused), ref_template="#/components/schemas/{name}"
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(schemas)
    components["schemas"]["BatchAnswer"] = _batch_answer(stored, refused)
    answer = {"$ref": "#/components/schemas/BatchAnswer"}
    components["schemas"]["Problem"] = PROBLEM
    components["securitySchemes"] = {SECURITY: {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    paths = document["paths"]
    paths.setdefault(EVENT_PATH, {})["post"] = _operation("Report one tool call", event, 201, scored)
    paths[BATCH_PATH] = {"post": _operation("Report up to 1,000 tool calls", batch, 200, answer)}
    _use_problems(document)
    for path, operations in paths.items():
        if path.startswith("/api/"):
            for operation in operations.values():
                operation["security"] = [{SECURITY: []}]
                for status in (401, 403, 429):
                    operation["responses"].setdefault(str(status), _problem(REFUSALS[status]))
                if "requestBody" in operation:
                    operation["responses"]["413"] = _problem(f"The body is over {limit_in_words(path)}")


def _batch_answer(stored: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    """Build the schema of BatchAnswer by hand: msgspec does not describe a union of untagged structs."""
    return {
        "title": BatchAnswer.__name__,
        "description": BatchAnswer.__doc__,
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": {"anyOf": [stored, refused]}}},
    }


def _operation(summary: str, body: dict[str, Any], status: int, answer: dict[str, Any]) -> dict[str, Any]:
    ok = {"description": "Stored and scored", "content": {"application/json": {"schema": answer}}}
    refusals = {str(code): _problem(text) for code, text in REFUSALS.items()}
    return {
        "tags": ["events"],
        "summary": summary,
        "operationId": summary.lower().replace(" ", "_").replace(",", ""),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {str(status): ok, **refusals},
    }


def _use_problems(document: dict[str, Any]) -> None:
    """Replace FastAPI's description of a 422 by the problem document that this server sends."""
    for operations in document["paths"].values():
        for operation in operations.values():
            if "422" in operation["responses"]:
                operation["responses"]["422"] = _problem(REFUSALS[422])
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _problem(text: str) -> dict[str, Any]:
    return {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457 problem document",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
