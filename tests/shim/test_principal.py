"""Whom credentials belong to: renewed tokens are the same principal, and no secret can be read from it."""

import base64
import json
import re

import pytest

from agentsentinel_shim.principal import principal_of

KEY = b"k" * 32


def who(value: str, name: str = "Authorization", key: bytes | None = KEY) -> str:
    return principal_of([(b"host", b"a"), (name.encode(), value.encode("latin-1"))], key)


def token(signature: str = "s", **claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer e30.{body}.{signature}"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_without_credentials_there_is_none() -> None:
    assert principal_of([(b"host", b"a"), (b"authorization", b" ")], KEY) == ""


def test_different_secrets_are_different_principals_and_names_of_headers_have_no_case() -> None:
    assert who("Bearer a") == who("Bearer a", "AUTHORIZATION")
    assert len({who("Bearer a"), who("Bearer b"), who("a", "X-API-Key"), who("Bearer a", key=None)}) == 4
    assert re.fullmatch("[0-9a-f]{32}", who("Bearer a"))


def test_a_renewed_token_of_the_same_subject_is_the_same_principal() -> None:
    first = who(token(iss="https://id", sub="u1", exp=1))
    assert first == who(token("other", iss="https://id", sub="u1", exp=2))
    assert first != who(token(iss="https://id", sub="u2", exp=1))
    assert first != who(token(iss="https://elsewhere", sub="u1", exp=1))


def test_another_password_of_the_same_user_is_the_same_principal() -> None:
    assert who(basic("u1", "a")) == who(basic("u1", "b")) != who(basic("u2", "a"))


@pytest.mark.parametrize("value", ["Bearer a.b.c", "Bearer ..", "Basic %%%", "Basic", token(sub=5), "Bearer a.W10.c"])
def test_what_cannot_be_read_is_compared_whole(value: str) -> None:
    assert who(value)
