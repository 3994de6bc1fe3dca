"""Problem documents: every error of the application becomes one, and none repeats what the client sent."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from agentsentinel.errors import Conflict, Overloaded
from agentsentinel.wire import problems
from agentsentinel.wire.problems import MAX_ERRORS, MEDIA_TYPE, problem


class Body(BaseModel):
    number: int
    numbers: list[int] = []


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    problems.install(app)
    errors: dict[str, Exception] = {
        "conflict": Conflict("there already"),
        "overloaded": Overloaded("wait", 7),
        "outage": ConnectionRefusedError("secret-host"),
        "failure": RuntimeError("secret-value"),
    }

    @app.get("/raise/{kind}")
    def fail(kind: str) -> None:
        raise errors[kind]

    @app.post("/body")
    def take(body: Body) -> None:
        raise AssertionError

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("kind", "status", "retry"),
    [("conflict", 409, None), ("overloaded", 429, "7"), ("outage", 503, "1"), ("failure", 500, None)],
)
def test_an_error_is_answered_with_its_status_and_headers(
    client: TestClient, kind: str, status: int, retry: str | None
) -> None:
    answer = client.get(f"/raise/{kind}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA_TYPE)
    assert answer.headers.get("Retry-After") == retry
    assert answer.json()["status"] == status
    assert "secret" not in answer.text


def test_an_unknown_address_and_method_are_problems_too(client: TestClient) -> None:
    for answer in (client.get("/nowhere"), client.get("/body")):
        assert answer.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize("body", [{"number": "secret-value"}, {"number": 1, "numbers": ["secret-value"] * 50}])
def test_what_is_wrong_with_a_body_is_named_and_not_repeated(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/body", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("number")
    assert 1 <= len(answer.json()["errors"]) <= MAX_ERRORS
    assert "secret" not in answer.text


def test_a_body_that_is_not_json_is_said_to_be_none(client: TestClient) -> None:
    answer = client.post("/body", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.json()["detail"] == "The body is not valid JSON"


def test_a_document_without_errors_has_no_empty_list_of_them() -> None:
    assert problem(404, "gone") == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "gone"}
