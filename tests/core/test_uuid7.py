"""Ids of version 7 carry their time and sort by it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.uuid7 import RANDOM_BITS, is_uuid7, make_uuid7, uuid7_floor, uuid7_seconds

seconds = st.floats(0, 2**33)
bits = st.integers(0, 2**RANDOM_BITS - 1)


@given(seconds, bits)
def test_an_id_is_of_version_7_and_of_the_standards_variant(at, random_bits):
    made = make_uuid7(at, random_bits)
    assert is_uuid7(made)
    assert (made.version, made.variant) == (7, UUID(int=made.int).variant)
    assert made == UUID(str(made))


@given(seconds, bits)
def test_an_id_carries_its_time_to_the_millisecond(at, random_bits):
    assert 0 <= at - uuid7_seconds(make_uuid7(at, random_bits)) < 0.001 + at * 1e-15


@given(seconds, st.floats(0.001, 1000), bits, bits)
def test_ids_sort_as_their_times_do_whatever_their_random_bits(at, later, one, other):
    assert make_uuid7(at, one) < make_uuid7(at + later, other)


@given(st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second + 0.5, UTC)))
def test_the_floor_of_a_time_parts_earlier_ids_from_later_ones(moment):
    floor = uuid7_floor(moment)
    assert is_uuid7(floor)
    assert make_uuid7((moment - timedelta(milliseconds=2)).timestamp(), 2**RANDOM_BITS - 1) < floor
    assert floor < make_uuid7((moment + timedelta(milliseconds=2)).timestamp(), 0)


def test_another_version_and_another_variant_are_not_version_7():
    assert not is_uuid7(uuid4())
    assert not is_uuid7(UUID(int=make_uuid7(1.0, 0).int & ~(0x3 << 62)))
