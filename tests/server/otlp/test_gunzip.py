"""Compressed bodies are inflated as far as the limit and no further."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.errors import BadRequest
from agentsentinel.otlp.bounds import MAX_BYTES
from agentsentinel.otlp.gunzip import inflate
from agentsentinel.wire.body import TooLarge


@given(st.binary(max_size=5000), st.integers(0, 9))
def test_what_was_compressed_is_inflated_to_the_same(data: bytes, level: int) -> None:
    assert inflate(gzip.compress(data, level)) == data


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_cut_gzip_is_refused(data: bytes, drawn: st.DataObject) -> None:
    whole = gzip.compress(data)
    with pytest.raises(BadRequest):
        inflate(whole[: drawn.draw(st.integers(1, len(whole) - 1))])


def test_as_much_as_the_limit_is_inflated_and_no_byte_more() -> None:
    assert len(inflate(gzip.compress(b"\0" * MAX_BYTES, 1))) == MAX_BYTES
    with pytest.raises(TooLarge):
        inflate(gzip.compress(b"\0" * (MAX_BYTES + 1), 1))
