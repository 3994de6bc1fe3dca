"""Ids of the server: of version 7, and different even within a moment."""

from agentsentinel.kit.ids import now, uuid7
from agentsentinel_core.uuid7 import is_uuid7, uuid7_seconds


def test_two_ids_of_one_moment_differ_and_carry_it() -> None:
    made = {uuid7(1.5) for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_uuid7(one) and uuid7_seconds(one) == 1.5 for one in made)


def test_the_clock_knows_its_zone() -> None:
    offset = now().utcoffset()
    assert offset is not None
    assert not offset
