"""Ids of version 7 carry their time and sort by it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.kit.ids import is_uuid7, uuid7, uuid7_floor, uuid7_seconds

seconds = st.floats(0, 2**33)


@given(seconds)
def test_an_id_is_of_version_7_and_of_the_standards_variant(at: float) -> None:
    made = uuid7(at)
    assert is_uuid7(made)
    assert (made.version, made.variant) == (7, UUID(int=made.int).variant)
    assert made == UUID(str(made))


@given(seconds)
def test_an_id_carries_its_time_to_the_millisecond(at: float) -> None:
    assert 0 <= at - uuid7_seconds(uuid7(at)) < 0.001 + at * 1e-15


@given(seconds, st.floats(0.001, 1000))
def test_ids_sort_as_their_times_do(at: float, later: float) -> None:
    assert uuid7(at) < uuid7(at + later)


@given(st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second + 0.5, UTC)))
def test_the_floor_of_a_time_parts_earlier_ids_from_later_ones(moment: datetime) -> None:
    floor = uuid7_floor(moment)
    assert is_uuid7(floor)
    assert uuid7((moment - timedelta(milliseconds=2)).timestamp()) < floor
    assert floor < uuid7((moment + timedelta(milliseconds=2)).timestamp())


def test_another_version_and_another_variant_are_not_version_7() -> None:
    assert not is_uuid7(uuid4())
    assert not is_uuid7(UUID(int=uuid7(1.0).int & ~(0x3 << 62)))


def test_two_ids_of_one_moment_differ() -> None:
    assert len({uuid7(1.0) for _ in range(1000)}) == 1000
