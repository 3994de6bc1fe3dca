"""Digests without OpenSSL are those of the SDK."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_sdk.hashing import hash_payload
from agentsentinel_shim.hook.light_hash import digest


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists), st.binary(max_size=200))
def test_a_digest_is_that_of_the_sdk_with_any_key(value: object, key: bytes) -> None:
    assert digest(value, key or None) == hash_payload(value, key or None)
