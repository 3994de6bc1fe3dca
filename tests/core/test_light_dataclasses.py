"""Our light dataclasses behave like the standard library's, so that one can replace the other."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core import light_dataclasses


@light_dataclasses.dataclass(frozen=True, slots=True)
class Quick:
    """A point."""

    x: int
    y: int = 2
    tags: tuple[str, ...] = ()
    cache: dict[str, int] = light_dataclasses.field(default_factory=dict, repr=False, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """A point."""

    x: int
    y: int = 2
    tags: tuple[str, ...] = ()
    cache: dict[str, int] = dataclasses.field(default_factory=dict, repr=False, compare=False)


@light_dataclasses.dataclass(slots=True)
class Open:
    """May change."""

    items: list[int] = light_dataclasses.field(default_factory=list)
    total: int = light_dataclasses.field(init=False, default=0)

    def __post_init__(self) -> None:
        self.total = sum(self.items)


points = st.tuples(st.integers(), st.integers(), st.tuples(st.text(max_size=3)))


@given(points, points)
def test_two_records_are_equal_hash_and_show_as_dataclasses_do(one: Any, other: Any) -> None:
    quick, standard = (Quick(*one), Quick(*other)), (Standard(*one), Standard(*other))

    assert (quick[0] == quick[1]) == (standard[0] == standard[1])
    assert (hash(quick[0]) == hash(quick[1])) == (hash(standard[0]) == hash(standard[1]))
    assert repr(quick[0]) == repr(standard[0]).replace("Standard", "Quick")


def test_records_of_different_classes_are_never_equal() -> None:
    standard: object = Standard(1)

    assert Quick(1) != standard


def test_a_frozen_record_refuses_to_change_with_the_standard_error() -> None:
    point = Quick(1)

    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="'x'"):
        del point.x
    with pytest.raises(AttributeError):
        Open().other = 1  # type: ignore[attr-defined]


def test_each_record_has_containers_of_its_own() -> None:
    assert Open().items is not Open().items
    assert Open([1, 2]).total == 3


def test_a_record_that_may_change_cannot_be_a_key() -> None:
    with pytest.raises(TypeError):
        hash(Open())


@pytest.mark.parametrize("replace", [light_dataclasses.replace, dataclasses.replace])
def test_a_record_is_replaced_in_part(replace: Any) -> None:
    assert replace(Quick(1, tags=("a",)), y=5) == Quick(1, 5, ("a",))
    with pytest.raises(TypeError):
        replace(Quick(1), unknown=1)


def test_the_standard_library_takes_a_record_for_a_dataclass() -> None:
    def told(cls: Any) -> list[tuple[object, ...]]:
        return [(one.name, one.type, one.default, one.init, one.repr, one.compare) for one in dataclasses.fields(cls)]

    assert dataclasses.is_dataclass(Quick)
    assert told(Quick) == told(Standard)
    assert dataclasses.asdict(Quick(1)) == dataclasses.asdict(Standard(1))
    assert Quick.__match_args__ == Standard.__match_args__
    assert list(inspect.signature(Quick).parameters) == list(inspect.signature(Standard).parameters)
    assert [one.name for one in dataclasses.fields(Open)] == ["items", "total"]


def test_a_record_survives_copying_and_pickling() -> None:
    point = Quick(1, tags=("a",))

    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point


def test_inheriting_fields_is_refused_and_not_done_wrongly() -> None:
    with pytest.raises(TypeError, match="inherit"):

        @light_dataclasses.dataclass(slots=True)
        class _Longer(Open):
            more: int = 0
