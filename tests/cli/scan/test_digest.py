"""Digests are those of the standard BLAKE2b, so caches and baselines outlive a change of Python."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.digest import blake2b


def test_a_known_digest() -> None:
    assert blake2b(b"abc", digest_size=8).hexdigest() == "d8bb14d833d59559"


@given(st.binary(), st.integers(1, 64))
def test_both_implementations_agree(data: bytes, size: int) -> None:
    assert blake2b(data, digest_size=size).digest() == hashlib.blake2b(data, digest_size=size).digest()
