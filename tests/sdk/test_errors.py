"""Errors are built from whatever came back, and read well."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_sdk import (
    ApiError,
    AuthenticationError,
    Conflict,
    InvalidRequest,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    PermissionDenied,
    Unavailable,
)
from agentsentinel_sdk.errors import error_class, from_answer, one_line
from agentsentinel_sdk.testing import problem


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationError),
        (403, PermissionDenied),
        (404, NotFound),
        (405, InvalidRequest),
        (409, Conflict),
        (413, PayloadTooLarge),
        (422, InvalidRequest),
        (429, Overloaded),
        (500, Unavailable),
        (503, Unavailable),
        (599, Unavailable),
    ],
)
def test_each_status_has_its_class(status: int, kind: type[ApiError]) -> None:
    assert error_class(status) is kind


def test_a_problem_document_becomes_title_detail_and_field_errors() -> None:
    fields = [{"loc": ["body", "tool_name"], "msg": "must not be empty"}]
    error = from_answer(422, json.dumps(problem(422, "The event is not valid", errors=fields)).encode())
    assert (error.status, error.detail, error.errors) == (422, "The event is not valid", tuple(fields))
    assert str(error) == "The event is not valid (body.tool_name: must not be empty) [422]"


def test_the_bare_fastapi_form_of_a_422_is_understood_too() -> None:
    body = json.dumps({"detail": [{"loc": ["query", "limit"], "msg": "too large"}]}).encode()
    assert "query.limit: too large" in str(from_answer(422, body))


def test_a_detail_that_names_the_only_field_error_is_not_said_twice() -> None:
    fields = [{"loc": ["body", "name"], "msg": "too short"}]
    assert str(from_answer(422, json.dumps(problem(422, "name: too short", errors=fields)).encode())) == (
        "name: too short [422]"
    )


def test_many_field_errors_are_shortened_in_the_message_but_kept_whole() -> None:
    fields = [{"field": f"f{number}", "message": f"wrong by {number}"} for number in range(9)]
    error = from_answer(422, json.dumps(problem(422, "no", errors=fields)).encode())
    assert str(error).endswith("and 6 more) [422]")
    assert len(error.errors) == 9


def test_a_proxy_error_page_falls_back_on_the_words_of_the_status() -> None:
    assert str(from_answer(502, b"<html>" + b"x" * 100_000)) == "Bad Gateway [502]"


def test_control_characters_of_the_server_never_reach_the_terminal() -> None:
    error = from_answer(403, json.dumps({"detail": "no\x1b[31m\r\nred\x00"}).encode())
    assert str(error) == "no [31m red [403]"


def test_a_very_long_detail_is_cut() -> None:
    assert len(one_line("x" * 10_000)) == 501


@given(st.integers(400, 999), st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_any_answer_makes_an_error_that_can_be_printed(status: int, body: object) -> None:
    content = body if isinstance(body, bytes) else json.dumps({"detail": body, "errors": body}).encode()
    assert str(from_answer(status, content)).endswith(f"[{status}]")


def test_an_error_survives_the_way_to_another_process() -> None:
    error = from_answer(429, b"{}", retry_after=3.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.retry_after, str(copy)) == (Overloaded, 3.0, str(error))
