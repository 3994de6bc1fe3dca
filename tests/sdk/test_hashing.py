"""The key of a tenant's digests: given, from the environment, or none."""

import pytest

from agentsentinel_core import hashing as core
from agentsentinel_sdk import hashing
from agentsentinel_sdk.hashing import HASH_KEY_VARIABLE, resolve_hash_key


@pytest.mark.parametrize(
    ("given", "variable", "key"),
    [
        (None, None, None),
        (None, "", None),
        (None, "of the environment", b"of the environment"),
        ("given", "of the environment", b"given"),
        (b"given", None, b"given"),
        ("", "of the environment", None),
        ("schlüssel", None, "schlüssel".encode()),
    ],
)
def test_a_key_that_is_given_goes_before_that_of_the_environment(
    given: str | bytes | None, variable: str | None, key: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HASH_KEY_VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(HASH_KEY_VARIABLE, variable)
    assert resolve_hash_key(given) == key


def test_the_digests_are_those_of_core_which_the_server_uses_for_spans() -> None:
    assert hashing.hash_payload is core.hash_payload
    assert hashing.canonical_json is core.canonical_json
