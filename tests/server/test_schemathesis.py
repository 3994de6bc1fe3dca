"""The OpenAPI document taken at its word: generated requests for every operation, with the admin key.

The stream never ends by itself, so it is left out; `test_stream.py` reads it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from forms import IS_LONG
from server.support import Server

Operation = schemathesis.APIOperation[Any, Any, Any, Any]

EXAMPLES = 25 if IS_LONG else 5
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
TAGS = [
    "agents",
    "findings",
    "demo",
    "scores",
    "baselines",
    "observations",
    "manifests",
    "discoveries",
    "enforcement",
    "events",
    "keys",
    "overview",
    "capabilities",
    "charts",
    "session risk",
    "tools",
    "settings",
    "alerts",
    "sign-in",
    "audit",
    "views",
    "otlp",
    "health",
]
limited = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="session")
def document(server: Server) -> schemathesis.BaseSchema:
    """Load the OpenAPI document from the server."""
    loaded: schemathesis.BaseSchema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    return loaded.exclude(path="/api/v1/events/stream")


def operations(document: schemathesis.BaseSchema) -> Iterator[Operation]:
    """Yield all operations of the document; fails for an operation that cannot be read."""
    for result in document.get_all_operations():
        assert isinstance(result, Ok), result
        yield result.ok()


def test_every_operation_has_one_of_the_tags(document: schemathesis.BaseSchema) -> None:
    for operation in operations(document):
        assert operation.tags in [[tag] for tag in TAGS]


@pytest.mark.parametrize("tag", TAGS)
def test_good_requests_are_answered_as_documented(server: Server, document: schemathesis.BaseSchema, tag: str) -> None:
    for operation in operations(document.include(tag=tag)):
        agent_id = server.new_agent(description="Searches and queries")
        send_many(server, operation, GenerationMode.POSITIVE, agent_id)


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag != "health"])
def test_bad_requests_are_answered_as_documented(server: Server, document: schemathesis.BaseSchema, tag: str) -> None:
    for operation in operations(document.include(tag=tag)):
        if takes_something(operation):
            send_many(server, operation, GenerationMode.NEGATIVE, None)


def takes_something(operation: Operation) -> bool:
    """Whether there is anything in a request of it that could be wrong, the key aside."""
    return any(operation.definition.raw.get(name) for name in ("parameters", "requestBody"))


def send_many(server: Server, operation: Operation, mode: GenerationMode, agent_id: str | None) -> None:
    """Generate valid and invalid requests of one operation, about this agent if there is one."""

    @limited
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case[Any]) -> None:
        if agent_id is not None:
            name_agent(case, agent_id)
        case.call_and_validate(headers={"X-API-Key": server.admin_key}, checks=CHECKS, timeout=20)

    check()


def name_agent(case: schemathesis.Case[Any], agent_id: str) -> None:
    """Speak of an agent that exists: a random id would end every request in a 404."""
    if case.path_parameters and "agent_id" in case.path_parameters:
        case.path_parameters["agent_id"] = agent_id
    body: Any = case.body
    if isinstance(body, dict):
        for member in [body, *body.get("events", [])]:
            if "agent_id" in member and member["agent_id"] is not None:
                member["agent_id"] = agent_id
