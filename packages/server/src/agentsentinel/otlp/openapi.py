"""Describe POST /v1/traces in the OpenAPI document. The content of the messages is defined by OTLP."""

from typing import Any

from agentsentinel.otlp import json_codec, protobuf
from agentsentinel.otlp.route import TRACES_PATH

REFUSALS = {
    400: "The body is not what its headers say",
    401: "The key is missing, unknown, revoked or expired",
    403: "A key with the scope readonly",
    408: "The body did not arrive in time",
    413: "The body is over 8 MiB, compressed or decompressed",
    415: "Neither protobuf nor JSON, or a Content-Encoding other than gzip",
    429: "Too many requests of this key are being read; try again after Retry-After seconds",
    503: "Not stored now; try again after Retry-After seconds",
}
STATUS = {
    "title": "RpcStatus",
    "description": "google.rpc.Status, which OTLP uses for failed requests",
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
}
ANSWER = {
    "title": "ExportTraceServiceResponse",
    "description": "Empty when every span was accepted",
    "type": "object",
    "properties": {
        "partialSuccess": {
            "type": "object",
            "properties": {"rejectedSpans": {"type": "string"}, "errorMessage": {"type": "string"}},
        }
    },
}
REQUEST = {
    "title": "ExportTraceServiceRequest",
    "description": "Spans in the format of OTLP 1.10. Spans of tool calls become events, all others are ignored",
    "type": "object",
    "properties": {"resourceSpans": {"type": "array", "items": {"type": "object"}}},
}
PROBLEM = {"$ref": "#/components/schemas/Problem"}


def describe_otlp(document: dict[str, Any]) -> None:
    """Add the route to FastAPI's document, after `describe_ingest` has added the key scheme and the problem schema."""
    schemas = document["components"]["schemas"]
    schemas |= {schema["title"]: schema for schema in (STATUS, ANSWER, REQUEST)}
    answers = {str(status): _answer(text, "RpcStatus") for status, text in REFUSALS.items()}
    answers["415"]["content"]["application/problem+json"] = {"schema": PROBLEM}
    document["paths"][TRACES_PATH] = {
        "post": {
            "tags": ["otlp"],
            "summary": "Report the spans of an instrumented agent",
            "operationId": "report_spans",
            "security": [{"ApiKey": []}, {"BearerKey": []}],
            "requestBody": {"required": True, "content": _content("ExportTraceServiceRequest")},
            "responses": {"200": _answer("Stored and scored", "ExportTraceServiceResponse"), **answers},
        }
    }
    document["components"]["securitySchemes"]["BearerKey"] = {"type": "http", "scheme": "bearer"}


def _answer(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": _content(schema)}


def _content(schema: str) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        json_codec.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
        protobuf.MEDIA_TYPE: binary,
    }
