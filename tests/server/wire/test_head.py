"""Heads of requests: one reader for all routes, whatever order and spelling the headers have."""

import pytest

from agentsentinel.errors import Unauthenticated
from agentsentinel.wire.head import Head, bearer_token, read_head


def head(*headers: tuple[bytes, bytes]) -> Head:
    return read_head(headers)


def test_a_request_without_headers_says_nothing() -> None:
    assert head() == Head(None, [], None, b"", b"", has_origin=False)


def test_blanks_around_a_key_are_not_part_of_it_and_two_keys_are_refused() -> None:
    assert head((b"x-api-key", b" \tas_adm_1\t ")).key == b"as_adm_1"
    with pytest.raises(Unauthenticated, match="not two"):
        head((b"x-api-key", b"as_adm_1"), (b"x-api-key", b"as_adm_1"))


@pytest.mark.parametrize(
    ("value", "is_json"),
    [
        (b"application/json", True),
        (b"Application/JSON; charset=utf-8", True),
        (b" application/problem+json ;x", True),
        (b"text/json", False),
        (b"application/jsonp", False),
        (b"", False),
    ],
)
def test_json_is_known_by_its_media_type(value: bytes, is_json: bool) -> None:
    assert head((b"content-type", value)).is_json is is_json


def test_of_two_media_types_the_first_counts_as_for_the_other_endpoints() -> None:
    assert head((b"content-type", b"application/json"), (b"content-type", b"text/plain")).is_json


@pytest.mark.parametrize(
    ("value", "length"),
    [(b"0", 0), (b"17", 17), (b"-1", None), (b"1e3", None), (b"", None), (b"9" * 9000, int("9" * 20))],
)
def test_a_length_is_a_number_or_nothing(value: bytes, length: int | None) -> None:
    assert head((b"content-length", value)).length == length


@pytest.mark.parametrize(
    ("value", "is_encoded"), [(b"gzip", True), (b" GZip ", True), (b"identity", False), (b"", False)]
)
def test_identity_is_not_an_encoding(value: bytes, is_encoded: bool) -> None:
    assert head((b"content-encoding", value)).is_encoded is is_encoded


@pytest.mark.parametrize(
    ("values", "token"),
    [
        ([b"Bearer as_adm_1"], b"as_adm_1"),
        ([b"bearer  as_adm_1 "], b"as_adm_1"),
        ([b"Basic abc"], None),
        ([], None),
        ([b"Basic abc", b"Bearer as_adm_1"], b"as_adm_1"),
    ],
)
def test_a_token_is_that_of_the_scheme_bearer(values: list[bytes], token: bytes | None) -> None:
    assert bearer_token(head(*((b"authorization", value) for value in values))) == token


def test_two_tokens_are_refused_only_where_a_token_is_asked_for() -> None:
    found = head((b"authorization", b"Bearer a"), (b"authorization", b"Bearer b"))
    with pytest.raises(Unauthenticated, match="not two"):
        bearer_token(found)


def test_a_browser_is_known_by_its_origin() -> None:
    assert head((b"origin", b"https://example.com")).has_origin
    assert not head((b"referer", b"https://example.com")).has_origin
